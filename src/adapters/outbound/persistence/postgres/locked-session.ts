import { RunNotFound } from '../../../../domain/errors.js';
import type { Run } from '../../../../domain/run.js';
import type { Queries } from './postgres-database.js';
import { now } from './store-time.js';
import { isExpired, isThere, SESSION_COLUMNS, type SessionRow } from './stored-session.js';

/** Every step that concerns a session as a whole locks its row first, so none waits for another in a circle. Nothing else may
 *  be read in the same statement: it would be as it was before the wait for the lock. */

/** The session of an id, locked. */
export async function lockSession(queries: Queries, id: string, ttl: number): Promise<SessionRow | undefined> {
  const row = await queries
    .selectFrom('sessions')
    .select([...SESSION_COLUMNS, isExpired(ttl).as('is_expired')])
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (row?.is_expired !== true) return row;
  await bury(queries, row.key);
  return undefined;
}

/** The same, begun when there is none. */
export async function lockOrCreateSession(queries: Queries, run: Run, ttl: number): Promise<SessionRow> {
  const { sessionId: id, createdAt: created_at } = run;
  for (;;) {
    const known = await lockSession(queries, id, ttl);
    if (known !== undefined) return known;
    const begun = await queries
      .insertInto('sessions')
      .values({ id, created_at, updated_at: created_at })
      .onConflict((conflict) => conflict.column('id').where('deleted_at', 'is', null).doNothing())
      .returning(SESSION_COLUMNS)
      .executeTakeFirst();
    // None: somebody else began it meanwhile.
    if (begun !== undefined) return begun;
  }
}

/** The key of a run's session, locked. Throws RunNotFound, also when the session is deleted or expired. */
export async function lockSessionOf(queries: Queries, runId: string, ttl: number): Promise<string> {
  const row = await queries
    .selectFrom('runs')
    .innerJoin('sessions', 'sessions.key', 'runs.session')
    .select('sessions.key')
    .where('runs.id', '=', runId)
    .where(isThere(ttl))
    .forUpdate('sessions')
    .executeTakeFirst();
  if (row === undefined) throw new RunNotFound(runId);
  return row.key;
}

/** Its id may begin a new session from now on; the rest goes with the next purge. */
export async function bury(queries: Queries, key: string): Promise<void> {
  await queries.updateTable('sessions').set({ deleted_at: now, active_run: null }).where('key', '=', key).execute();
}
