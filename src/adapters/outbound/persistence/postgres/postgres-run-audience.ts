import type { RunAudience } from '../../../../application/ports/run-audience.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { StoreOptions } from './store-options.js';
import { fromNow, STATEMENT_TIME } from './store-time.js';

const ATTEND = `
  insert into @run_readers (run, process, until) values ($1, $2, ${fromNow('$3')})
  on conflict (run, process) do update set until = excluded.until`;

const LEAVE = 'delete from @run_readers where run = $1 and process = $2';

const DESERTED = `
  select asked.id from unnest($1::text[]) with ordinality as asked (id, place)
  where not exists (
    select from @run_readers as readers where readers.run = asked.id and readers.until > ${STATEMENT_TIME}
  )
  order by asked.place`;

export class PostgresRunAudience implements RunAudience {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly options: StoreOptions,
  ) {}

  async attend(runId: string): Promise<void> {
    const { processId, leaseMilliseconds } = this.options;
    await this.database.run(ATTEND, [runId, processId, leaseMilliseconds]);
  }

  /** It leaves first, and then looks. So when the last two readers leave at once, at least one of them sees that
   *  nobody is left. */
  async leave(runId: string): Promise<boolean> {
    await this.database.run(LEAVE, [runId, this.options.processId]);
    return (await this.deserted([runId])).length === 0;
  }

  async deserted(runIds: readonly string[]): Promise<readonly string[]> {
    if (runIds.length === 0) return [];
    const rows = await this.database.run<{ readonly id: string }>(DESERTED, [runIds]);
    return rows.map(({ id }) => id);
  }
}
