import { DomainError, JournalGap, RunNotFound } from '../../domain/errors.js';
import type { RunLease } from '../../domain/run.js';
import type { JournalEnding, SessionChange } from '../../domain/session-change.js';
import {
  beginsHistory,
  dueAfter,
  fenceIn,
  isIdle,
  type RunRecord,
  type SeenSession,
  type SessionHead,
} from '../../domain/session-head.js';
import { forASecondOfAbsence } from '../patience.js';
import type { Committed, JournalStand, SessionLedger, Snapshot, Step, Wanted } from '../ports/session-ledger.js';
import { afterStep } from './after-step.js';
import type { PathPage } from './history-path.js';
import { KnownSessions } from './known-sessions.js';
import { sessionKeyOf } from './session-key.js';
import { shelvesOf } from './session-shelves.js';
import { StepNews, type StepNewsParts } from './step-news.js';
import { StepsInLine } from './steps-in-line.js';

/** What is to become of a session as it was seen. */
export interface Decision<Result> {
  /** Undefined: nothing. */
  readonly change: SessionChange | undefined;
  /** An idempotency key that leads to the new run from now on. */
  readonly key?: string | undefined;
  /** Only as long as the session is due. */
  readonly onlyIfDue?: boolean;
  /** What the caller is told of the session as it stands then. */
  result(after: SeenSession): Result;
}

/** May have to read more first: what is decided then holds only if the session has not changed meanwhile. */
export type Decide<Result> = (seen: Snapshot) => Decision<Result> | Promise<Decision<Result>>;

export interface SessionStepsParts extends StepNewsParts {
  readonly ledger: SessionLedger;
  readonly newRevision: () => string;
  readonly leaseMilliseconds: number;
}

/** How every session changes: a rule of the domain decides on what was seen, and the store keeps the decision if that
 *  still stands. Where somebody else was faster, it is decided again on what stands now. */
export class SessionSteps {
  private readonly known = new KnownSessions();
  private readonly line = new StepsInLine();
  private readonly news: StepNews;

  constructor(private readonly parts: SessionStepsParts) {
    this.news = new StepNews(parts);
  }

  /** `decide` may be called more than once, and what it throws is thrown. Throws JournalGap, and Overloaded where the
   *  store has no room. */
  change<Result>(key: string, wanted: Wanted, decide: Decide<Result>): Promise<Result> {
    return this.line.take(key, () => this.make(key, wanted, decide));
  }

  /** Removes the session when `endingsOf` has said how its journals end, and not where that is undefined. What it
   *  throws is thrown. */
  remove(
    key: string,
    endingsOf: (head: SessionHead | undefined) => readonly JournalEnding[] | undefined,
  ): Promise<void> {
    return this.line.take(key, async () => {
      for (;;) {
        const seen = await this.parts.ledger.load(key, {});
        const endings = endingsOf(seen.head);
        if (endings === undefined) return;
        if (await this.parts.ledger.remove(key, seen, endings)) return this.removed(key, seen);
        this.parts.observer.stepRetried();
      }
    });
  }

  /** The history up to a run that this process writes, where the run begins it. */
  begunBy(key: string, runId: string): readonly PathPage[] | undefined {
    const known = this.known.find(key, { runs: [runId] });
    const record = known?.runs.get(runId);
    if (known?.head === undefined || record === undefined) return undefined;
    return beginsHistory(known.head, record.birth)
      ? [{ head: known.head, turns: [{ ...record, answer: '' }] }]
      : undefined;
  }

  /** The key of the session that a run belongs to. Throws RunNotFound. */
  async keyOf(runId: string): Promise<string> {
    const key = await this.parts.ledger.sessionOf(runId);
    if (key === undefined) throw new RunNotFound(runId);
    return key;
  }

  /** The session of this lease is no longer this process's. */
  forget(lease: RunLease): void {
    this.known.forgetRun(sessionKeyOf(lease), lease.id);
  }

  private async make<Result>(key: string, wanted: Wanted, decide: Decide<Result>): Promise<Result> {
    const { ledger, observer } = this.parts;
    let decided = this.decidedOnKnown(key, wanted, decide) ?? decidedOn(await ledger.load(key, wanted), decide);
    for (;;) {
      const { seen } = decided;
      const decision = await decided.decision;
      if (decision.change === undefined) return decision.result(seen);
      const step = this.stepOf(seen, decision.change, decision);
      const committed = await this.commit(key, step, wanted);
      if (committed.done) return decision.result(this.afterwards(key, seen, step, committed.active));
      const { gap, snapshot } = committed;
      if (snapshot.revision === seen.revision) return refusedAsItStands(decision, snapshot, gap, step);
      observer.stepRetried();
      decided = decidedOn(snapshot, decide);
    }
  }

  /** The answer to a step may be lost, with the step kept. It is given again then, and is done: else nobody would know
   *  that this process is to write the new run, and it would wait for its lease to end. */
  private commit(key: string, step: Step, wanted: Wanted): Promise<Committed> {
    return forASecondOfAbsence(() => this.parts.ledger.commit(key, step, wanted));
  }

  /** Undefined where nothing would be kept: then it may have been decided on what is no longer so. */
  private decidedOnKnown<Result>(key: string, wanted: Wanted, decide: Decide<Result>): Decided<Result> | undefined {
    const known = this.known.find(key, wanted);
    if (known === undefined) return undefined;
    try {
      const decided = decidedOn(known, decide);
      return isToChange(decided.decision) ? decided : undefined;
    } catch (error) {
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }

  private stepOf(seen: Snapshot, change: SessionChange, { key, onlyIfDue = false }: Decision<unknown>): Step {
    const { head } = change;
    return {
      ...change,
      key,
      onlyIfDue,
      seen: seen.revision,
      revision: this.parts.newRevision(),
      fence: fenceIn(head),
      dueIn: change.dueIn ?? dueAfter(seen.head, head, this.parts.leaseMilliseconds),
      isIdle: isIdle(head),
      shelves: shelvesOf(head),
    };
  }

  private afterwards(key: string, seen: Snapshot, step: Step, active: RunRecord | undefined): SeenSession {
    const after = afterStep(seen, step, active);
    this.known.remember(key, after, step.head.active?.writer === this.parts.writer);
    this.news.kept(seen, step);
    return after;
  }

  private removed(key: string, { head }: Snapshot): void {
    this.known.forget(key);
    this.news.removed(head);
  }
}

interface Decided<Result> {
  readonly seen: Snapshot;
  readonly decision: ReturnType<Decide<Result>>;
}

function isToChange(decision: ReturnType<Decide<unknown>>): boolean {
  return decision instanceof Promise || decision.change !== undefined;
}

function decidedOn<Result>(seen: Snapshot, decide: Decide<Result>): Decided<Result> {
  return { seen, decision: decide(seen) };
}

/** Nobody else was faster, and still it was not done. */
function refusedAsItStands<Result>(
  { onlyIfDue, result }: Decision<Result>,
  snapshot: Snapshot,
  gap: JournalStand | undefined,
  { endings = [] }: Step,
): Result {
  if (gap === undefined && onlyIfDue) return result(snapshot);
  const { runId = '', last = 0 } = gap ?? {};
  throw new JournalGap(runId, last, endings.find((ending) => ending.runId === runId)?.after ?? 0);
}
