import { endAfterCalls, keepResults } from '../../domain/allowed-calls.js';
import type { Attempt } from '../../domain/attempt.js';
import { beginAttempt } from '../../domain/conversation.js';
import { RunNotFound } from '../../domain/errors.js';
import { forget } from '../../domain/forgotten-run.js';
import { refusesTurn } from '../../domain/message.js';
import { isRepeated } from '../../domain/repeats.js';
import type { CallResult } from '../../domain/reply-step.js';
import { isWithFirstWriter, type Run, type RunEnding, type RunLease, type StopCause } from '../../domain/run.js';
import { runIn, type SeenSession } from '../../domain/session-head.js';
import { stop } from '../../domain/stopping.js';
import type { AskingRun } from '../../domain/waiting-turn.js';
import type { EndedTurn, FinishedReply, RunRepository } from '../ports/run-repository.js';
import type { SessionLedger, Wanted } from '../ports/session-ledger.js';
import { runWithText } from './asking-run.js';
import { sessionKeyOf } from './session-key.js';
import type { Decide, SessionSteps } from './session-steps.js';

/** How the writers of this process hear that they are to stop. */
interface StopRequests {
  /** As `RunRepository.untilStopped` promises it. */
  heard(run: { readonly key: string; readonly runId: string }, signal: AbortSignal): Promise<StopCause | undefined>;
}

export interface LedgerRunRepositoryParts {
  readonly ledger: SessionLedger;
  readonly steps: SessionSteps;
  readonly writer: string;
  readonly stops: StopRequests;
  /** This process writes the run no more, or does not know whether it does. */
  readonly writesNoMore: (runId: string) => void;
}

export class LedgerRunRepository implements RunRepository {
  constructor(private readonly parts: LedgerRunRepositoryParts) {}

  async find(runId: string): Promise<Run> {
    const { ledger, steps } = this.parts;
    return runOf(await ledger.load(await steps.keyOf(runId), { runs: [runId] }), runId);
  }

  beginAttempt(lease: RunLease, attempt: Attempt): Promise<Run> {
    return this.changeHeld(lease, { runs: [lease.id] }, (seen) => ({
      change: beginAttempt(seen, lease, attempt),
      result: (after) => runOf(after, lease.id),
    }));
  }

  keepResults(lease: RunLease, results: readonly CallResult[]): Promise<void> {
    return this.changeHeld(lease, { runs: [lease.id] }, async (seen) => {
      const { after = '' } = seen.runs.get(lease.id)?.birth.continues ?? {};
      const asking = await runWithText(this.parts.ledger, sessionKeyOf(lease), after);
      return { change: asking && keepResults(seen, lease, asking, results), result: () => undefined };
    });
  }

  end(lease: RunLease, { ending, handsOver, ...written }: FinishedReply): Promise<EndedTurn> {
    return this.changeHeld(lease, { runs: [lease.id], active: true }, (seen) => {
      const result = (after: SeenSession): EndedTurn => endedTurnOf(after, lease.id);
      const known = seen.runs.get(lease.id)?.outcome;
      if (known !== undefined && isRepeated(known, lease, ending)) return { change: undefined, result };
      const next = handsOver ? undefined : this.parts.writer;
      const decision = (asking?: AskingRun) => ({
        change: endAfterCalls(seen, lease, ending, written, next, asking),
        result,
      });
      const before = changedBefore(seen, lease, ending);
      if (before === undefined) return decision();
      return runWithText(this.parts.ledger, sessionKeyOf(lease), before).then(decision);
    });
  }

  async askToStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const { steps } = this.parts;
    return steps.change(await steps.keyOf(runId), { runs: [runId] }, (seen) => ({
      change: stop(seen, runId, cause, at),
      result: (after) => runOf(after, runId),
    }));
  }

  async forget(runId: string): Promise<Run> {
    const { ledger, steps } = this.parts;
    const key = await steps.keyOf(runId);
    return steps.change(key, { runs: [runId] }, async ({ head }) => {
      const ended = head && (await runWithText(ledger, key, runId));
      return { change: ended && forget(head, ended), result: (after) => runOf(after, runId) };
    });
  }

  untilStopped(lease: RunLease, signal: AbortSignal): Promise<StopCause | undefined> {
    return this.parts.stops.heard({ key: sessionKeyOf(lease), runId: lease.id }, signal);
  }

  /** Whoever is refused may have been replaced: then others write what its readers wait for. */
  private async changeHeld<Result>(lease: RunLease, wanted: Wanted, decide: Decide<Result>): Promise<Result> {
    const { steps, writesNoMore } = this.parts;
    try {
      return await steps.change(sessionKeyOf(lease), wanted, decide);
    } catch (error) {
      writesNoMore(lease.id);
      throw error;
    }
  }
}

/** The run before in the turn, where it is refused with this one, or has asked for calls that this one was to make. */
function changedBefore({ runs }: SeenSession, { id }: RunLease, ending: RunEnding): string | undefined {
  const { after, allowed = [] } = runs.get(id)?.birth.continues ?? {};
  return refusesTurn(ending) || allowed.length > 0 ? after : undefined;
}

/** With the run that its writer was given then, and still has. */
function endedTurnOf(after: SeenSession, runId: string): EndedTurn {
  const nextId = after.runs.get(runId)?.outcome?.next;
  const next = nextId === undefined || !after.runs.has(nextId) ? undefined : runOf(after, nextId);
  return { run: runOf(after, runId), next: next !== undefined && isWithFirstWriter(next) ? next : undefined };
}

function runOf({ head, runs }: SeenSession, runId: string): Run {
  const record = runs.get(runId);
  if (head === undefined || record === undefined) throw new RunNotFound(runId);
  return runIn(head, record);
}
