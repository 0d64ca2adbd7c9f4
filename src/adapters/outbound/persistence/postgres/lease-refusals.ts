import { type DomainError, LeaseLost, RunEnded, RunNotFound } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import { storedStatus } from '../stored-shapes.js';
import type { Queries } from './postgres-database.js';

/** How a run stands that did not take a write. */
export interface Standing {
  readonly status: string;
  readonly epoch: number;
  /** The number of its last event. */
  readonly last: number;
}

/** By id; the runs of deleted sessions are not there. */
export async function standingsOf(queries: Queries, runIds: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
  const rows = await queries
    .selectFrom('runs')
    .innerJoin('sessions', 'sessions.key', 'runs.session')
    .select(['runs.id', 'runs.status', 'runs.epoch', 'runs.last_sequence as last'])
    .where('runs.id', '=', ({ fn, val }) => fn.any(val(runIds)))
    .where('sessions.deleted_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Why the holder of the lease may not write; undefined when it may. A run that nobody has taken up has no holder. */
export function refusalOf(lease: RunLease, standing: Standing | undefined): DomainError | undefined {
  if (standing === undefined) return new RunNotFound(lease.id);
  const status = storedStatus.parse(standing.status);
  if (status !== 'running' && status !== 'queued') return new RunEnded(lease.id);
  const isHeld = status === 'running' && standing.epoch === lease.epoch && lease.epoch > 0;
  return isHeld ? undefined : new LeaseLost(lease.id);
}

/** Whether the run is not this process's to write any more. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RunNotFound || error instanceof RunEnded || error instanceof LeaseLost;
}
