import { sql } from 'kysely';
import type { StopCause } from '../../../../domain/run.js';
import { storedStopCause } from '../stored-shapes.js';
import type { PostgresDatabase } from './postgres-database.js';

/** Which of these runs were asked to stop, and why; `cancelled` for those whose session is deleted. */
export async function findStopped(
  database: PostgresDatabase,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, StopCause>> {
  const { rows } = await sql<{ id: string; cause: string }>`
    select asked.id, case when sessions.key is null then 'cancelled' else runs.stop_cause end as cause
    from unnest(${runIds}::text[]) as asked (id)
    left join ${database.table('runs')} as runs on runs.id = asked.id
    left join ${database.table('sessions')} as sessions on sessions.key = runs.session and sessions.deleted_at is null
    where sessions.key is null or runs.stop_cause is not null`.execute(database.queries);
  return new Map(rows.map(({ id, cause }) => [id, storedStopCause.parse(cause)]));
}
