import { endRun, type Run, type RunEnding, type StopCause } from '../../../../domain/run.js';
import { endEvents, type RunEvent } from '../../../../domain/run-event.js';
import type { Queries } from './postgres-database.js';
import { now } from './store-time.js';
import { RUN_COLUMNS, type RunRow, toRun } from './stored-run.js';

/** A run whose row is locked, and so stays as it is. */
export interface LockedRun {
  readonly run: Run;
  /** The number of its last event. */
  readonly last: number;
  /** The run that its writer was given when it ended. */
  readonly next: string | undefined;
}

/** What is stored of an ending. */
export interface StoredEnding {
  readonly run: Run;
  /** What came to its journal. */
  readonly events: readonly RunEvent[];
}

/** The session is to be locked before. */
export async function lockRun(queries: Queries, runId: string): Promise<LockedRun> {
  const row = await selectRuns(queries).where('id', '=', runId).forUpdate().executeTakeFirstOrThrow();
  return toLocked(row);
}

/** Those of a session that have not ended, in turn order; the session is to be locked before. */
export async function lockOpenRuns(queries: Queries, session: string): Promise<readonly LockedRun[]> {
  const rows = await selectRuns(queries)
    .where('session', '=', session)
    .where('ended_at', 'is', null)
    .orderBy('position')
    .forUpdate()
    .execute();
  return rows.map(toLocked);
}

/** Stores a run's ending, with its text and the events that end its journal. Throws RunEnded. */
export async function storeEnding(
  queries: Queries,
  locked: LockedRun,
  ending: RunEnding,
  text: string,
): Promise<StoredEnding> {
  const run = endRun(locked.run, ending);
  const events = endEvents(ending, locked.last + 1);
  await queries
    .updateTable('runs')
    .set({
      status: run.status,
      finish_reason: ending.finishReason,
      usage: ending.usage === undefined ? null : JSON.stringify(ending.usage),
      error: ending.error === undefined ? null : JSON.stringify(ending.error),
      answer: text === '' ? null : text,
      last_sequence: locked.last + events.length,
      lease_until: null,
      ended_at: ending.at,
      closed_at: now,
    })
    .where('id', '=', run.id)
    .execute();
  for (const event of events) await storeEvent(queries, run.id, event);
  return { run, events };
}

/** The ending of a run that wrote nothing, or nothing more, because somebody did not want it to. */
export function stopped(finishReason: StopCause, at: Date): RunEnding {
  return { finishReason, usage: undefined, error: undefined, at };
}

function selectRuns(queries: Queries) {
  return queries.selectFrom('runs').select([...RUN_COLUMNS, 'runs.last_sequence', 'runs.next']);
}

function toLocked(row: RunRow & { last_sequence: number; next: string | null }): LockedRun {
  return { run: toRun(row), last: row.last_sequence, next: row.next ?? undefined };
}

async function storeEvent(queries: Queries, runId: string, event: RunEvent): Promise<void> {
  const ending = JSON.stringify(event);
  await queries.insertInto('events').values({ run: runId, sequence: event.sequence, ending }).execute();
}
