import { sql } from 'kysely';
import type { RunAudience } from '../../../../application/ports/run-audience.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { StoreOptions } from './store-options.js';
import { fromNow, statementTime } from './store-time.js';

export class PostgresRunAudience implements RunAudience {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly options: StoreOptions,
  ) {}

  async attend(runId: string): Promise<void> {
    const until = fromNow(this.options.leaseMilliseconds);
    await this.database.queries
      .insertInto('run_readers')
      .values({ run: runId, process: this.options.processId, until })
      .onConflict((conflict) => conflict.columns(['run', 'process']).doUpdateSet({ until }))
      .execute();
  }

  /** First gone, then looked: of two that leave at once, at least one sees that nobody is left. */
  async leave(runId: string): Promise<boolean> {
    const { queries } = this.database;
    await queries
      .deleteFrom('run_readers')
      .where('run', '=', runId)
      .where('process', '=', this.options.processId)
      .execute();
    return (await this.deserted([runId])).length === 0;
  }

  async deserted(runIds: readonly string[]): Promise<readonly string[]> {
    if (runIds.length === 0) return [];
    const { rows } = await sql<{ id: string }>`
      select asked.id from unnest(${runIds}::text[]) with ordinality as asked (id, place)
      where not exists (
        select from ${this.database.table('run_readers')} as readers
        where readers.run = asked.id and readers.until > ${statementTime}
      )
      order by asked.place`.execute(this.database.queries);
    return rows.map(({ id }) => id);
  }
}
