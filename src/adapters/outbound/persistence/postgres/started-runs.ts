import type { NewTurn } from '../../../../application/ports/session-repository.js';
import { IdempotencyMismatch } from '../../../../domain/errors.js';
import { isSameRequest, type Run } from '../../../../domain/run.js';
import type { Queries } from './postgres-database.js';
import { statementTime } from './store-time.js';
import { RUN_COLUMNS, toRun } from './stored-run.js';

export interface StartedRun {
  readonly run: Run;
  /** The process that was given its lease last. */
  readonly leasedTo: string | null;
}

/** The run of this very turn, or the one that its idempotency key started in the session. Throws IdempotencyMismatch. */
export async function findStarted(queries: Queries, session: string, turn: NewTurn): Promise<StartedRun | undefined> {
  const row = await queries
    .selectFrom('runs')
    .select([...RUN_COLUMNS, 'runs.leased_to'])
    .where('session', '=', session)
    .where(({ eb, and, or }) =>
      or([
        eb('id', '=', turn.run.id),
        and([eb('idempotency_key', '=', turn.idempotencyKey ?? null), eb('key_until', '>', statementTime)]),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const run = toRun(row);
  if (run.id !== turn.run.id && !isSameRequest(run, turn.run.request)) throw new IdempotencyMismatch();
  return { run, leasedTo: row.leased_to };
}
