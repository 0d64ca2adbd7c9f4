import { sql } from 'kysely';
import type { RunLeases } from '../../../../application/ports/run-leases.js';
import type { Run, RunLease } from '../../../../domain/run.js';
import { refusalOf, standingsOf } from './lease-refusals.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { RunNews } from './run-news.js';
import type { StoreOptions } from './store-options.js';
import { fromNow, statementTime } from './store-time.js';
import { RUN_COLUMNS, type RunRow, toRun } from './stored-run.js';

/** Rows that somebody else has locked just now are passed over, here as in every step that concerns the runs of many sessions:
 *  one that hangs must not hold up the others. */
export class PostgresRunLeases implements RunLeases {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly news: RunNews,
    private readonly options: StoreOptions,
  ) {}

  async renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    if (leases.length === 0) return [];
    const renewed = await this.prolong(leases);
    const others = leases.filter(({ id }) => !renewed.has(id));
    if (others.length === 0) return [];
    const standings = await standingsOf(
      this.database.queries,
      others.map(({ id }) => id),
    );
    const lost = others.filter((lease) => refusalOf(lease, standings.get(lease.id)) !== undefined);
    for (const { id } of lost) this.news.writesNoMore(id);
    return lost;
  }

  async claimOrphans(limit: number): Promise<readonly Run[]> {
    const { processId, leaseMilliseconds } = this.options;
    const runs = this.database.table('runs');
    const { rows } = await sql<RunRow>`
      update ${runs} as runs
      set epoch = runs.epoch + 1, leased_to = ${processId}, lease_until = ${fromNow(leaseMilliseconds)}
      where runs.id = any(array(
        select orphans.id from ${runs} as orphans
        where orphans.status = 'running' and orphans.lease_until <= ${statementTime}
        order by orphans.lease_until limit ${limit} for no key update skip locked
      ))
      returning ${sql.join(RUN_COLUMNS.map((column) => sql.ref(column)))}`.execute(this.database.queries);
    for (const { id } of rows) this.news.writes(id);
    return rows.map(toRun);
  }

  letGo({ id }: RunLease): void {
    this.news.writesNoMore(id);
  }

  private async prolong(leases: readonly RunLease[]): Promise<ReadonlySet<string>> {
    const runs = this.database.table('runs');
    const ids = leases.map(({ id }) => id);
    const epochs = leases.map(({ epoch }) => epoch);
    const { rows } = await sql<{ id: string }>`
      update ${runs} as runs
      set lease_until = ${fromNow(this.options.leaseMilliseconds)}
      where runs.id = any(array(
        select held.id from ${runs} as held
        join unnest(${ids}::text[], ${epochs}::int[]) as lease (id, epoch) on lease.id = held.id
        where held.status = 'running' and held.epoch = lease.epoch and held.epoch > 0 for no key update of held skip locked
      ))
      returning runs.id`.execute(this.database.queries);
    return new Set(rows.map(({ id }) => id));
  }
}
