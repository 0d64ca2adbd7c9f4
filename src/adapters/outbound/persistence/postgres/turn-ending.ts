import { sql } from 'kysely';
import type { FinishedReply } from '../../../../application/ports/run-repository.js';
import { JournalGap, RunEnded } from '../../../../domain/errors.js';
import { assistantMessage } from '../../../../domain/message.js';
import {
  checkLease,
  hasEnding,
  isEnded,
  isWithFirstWriter,
  type Run,
  type RunEnding,
  type RunLease,
  type StopCause,
} from '../../../../domain/run.js';
import { endEvents, type RunEvent } from '../../../../domain/run-event.js';
import { lockSessionOf } from './locked-session.js';
import type { Queries } from './postgres-database.js';
import { type LockedRun, lockRun, stopped, storeEnding } from './run-endings.js';
import type { StoreOptions } from './store-options.js';
import { fromNow, now } from './store-time.js';
import { QUEUED, RUN_COLUMNS, toRun } from './stored-run.js';

/** What the end of a turn, or the wish for it, has changed. */
export interface TurnEnd {
  readonly run: Run;
  /** What came to its journal. */
  readonly events: readonly RunEvent[];
  /** The session's active run from now on, where this process writes it. */
  readonly next: Run | undefined;
}

/** The steps that end a turn, each within one transaction. */
export class TurnEnding {
  constructor(
    private readonly queries: Queries,
    private readonly options: StoreOptions,
  ) {}

  /** `RunRepository.end`. */
  async end(lease: RunLease, { ending, text, lastSequence, handsOver }: FinishedReply): Promise<TurnEnd> {
    const session = await lockSessionOf(this.queries, lease.id, this.options.sessionTtlMilliseconds);
    const locked = await lockRun(this.queries, lease.id);
    if (hasEnding(locked.run, lease, ending))
      return { run: locked.run, events: endEvents(ending, lastSequence + 1), next: await this.nextOf(locked) };
    checkWriter(locked, lease, lastSequence);
    const ended = await storeEnding(this.queries, locked, ending, text);
    const promoted = await this.promoteNext(session, handsOver);
    const next = handsOver ? undefined : promoted;
    if (next !== undefined) await this.rememberNext(lease.id, next);
    const answers = assistantMessage(ended.run, text) === undefined ? 0 : 1;
    await this.queries
      .updateTable('sessions')
      .set({ active_run: promoted?.id ?? null, message_count: sql<number>`message_count + ${answers}` })
      .set({ updated_at: ending.at, used_at: now })
      .where('key', '=', session)
      .execute();
    return { ...ended, next };
  }

  /** The run that its writer was given when it ended, and still has. */
  private async nextOf({ next }: LockedRun): Promise<Run | undefined> {
    const { run } = next === undefined ? {} : await lockRun(this.queries, next);
    return run !== undefined && isWithFirstWriter(run) ? run : undefined;
  }

  private async rememberNext(runId: string, next: Run): Promise<void> {
    await this.queries.updateTable('runs').set({ next: next.id }).where('id', '=', runId).execute();
  }

  /** `RunRepository.requestStop`. */
  async requestStop(runId: string, cause: StopCause, at: Date): Promise<TurnEnd> {
    const session = await lockSessionOf(this.queries, runId, this.options.sessionTtlMilliseconds);
    const locked = await lockRun(this.queries, runId);
    if (locked.run.status === 'queued') return this.endUnbegun(session, locked, stopped(cause, at));
    const run = isEnded(locked.run) ? locked.run : await this.ask(locked.run, cause);
    return { run, events: [], next: undefined };
  }

  private async endUnbegun(session: string, locked: LockedRun, ending: RunEnding): Promise<TurnEnd> {
    const ended = await storeEnding(this.queries, locked, ending, '');
    await this.queries
      .updateTable('sessions')
      .set({ updated_at: ending.at, used_at: now })
      .where('key', '=', session)
      .execute();
    return { ...ended, next: undefined };
  }

  /** The first cause counts. */
  private async ask(run: Run, cause: StopCause): Promise<Run> {
    const stopCause = run.stopCause ?? cause;
    await this.queries.updateTable('runs').set({ stop_cause: stopCause }).where('id', '=', run.id).execute();
    return { ...run, stopCause };
  }

  /** Handed over, the run waits for whoever claims it. */
  private async promoteNext(session: string, handsOver: boolean): Promise<Run | undefined> {
    const { processId, leaseMilliseconds } = this.options;
    const row = await this.queries
      .updateTable('runs')
      .set({ status: 'running' })
      .set(
        handsOver
          ? { lease_until: now }
          : { epoch: sql<number>`epoch + 1`, leased_to: processId, lease_until: fromNow(leaseMilliseconds) },
      )
      .where('id', '=', ({ selectFrom }) =>
        selectFrom('runs as next')
          .select('next.id')
          .where('next.session', '=', session)
          .where('next.status', '=', QUEUED)
          .orderBy('next.position')
          .limit(1),
      )
      .returning(RUN_COLUMNS)
      .executeTakeFirst();
    return row && toRun(row);
  }
}

/** Throws RunEnded, LeaseLost, JournalGap. */
function checkWriter({ run, last }: LockedRun, lease: RunLease, lastSequence: number): void {
  if (isEnded(run)) throw new RunEnded(run.id);
  checkLease(run, lease);
  if (last !== lastSequence) throw new JournalGap(run.id, last, lastSequence);
}
