import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { ExpiredRows } from '../../../../../src/adapters/outbound/persistence/postgres/expired-rows.js';
import { PostgresDatabase } from '../../../../../src/adapters/outbound/persistence/postgres/postgres-database.js';
import { PostgresPurge } from '../../../../../src/adapters/outbound/persistence/postgres/postgres-purge.js';
import { postgresStore } from '../../../../../src/adapters/outbound/persistence/postgres/postgres-store.js';
import { ServerAccess } from '../../../../../src/adapters/outbound/persistence/postgres/server-access.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { SystemClock } from '../../../../../src/infrastructure/system/system-clock.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';

const HOUR = 60 * 60 * 1000;

/** As one step, since whoever asks connects for it. */
const DELETE_ALL = `do $$ declare one name; begin
  for one in select tablename from pg_tables where schemaname = current_schema and tablename not like 'migration%'
  loop execute format('delete from %I', one); end loop;
end $$`;

export interface OpenOptions {
  readonly url?: string;
  readonly leaseMilliseconds?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: MemoryLogger;
}

/** Stores on one schema, which is empty at first: each stands for one process. */
export class StoreProcesses {
  readonly schema = `test_${randomBytes(8).toString('hex')}`;
  private readonly stores = new Set<Store>();

  constructor(readonly url: string) {}

  async open({
    url = this.url,
    leaseMilliseconds = 15_000,
    settings = {},
    log = new MemoryLogger(),
  }: OpenOptions = {}) {
    const store = await postgresStore.open(
      { STORE_URL: url, POSTGRES_SCHEMA: this.schema, ...settings },
      { clock: new SystemClock(), log, leaseMilliseconds },
    );
    this.stores.add(store);
    return store;
  }

  /** What an operator might ask the server, past every rule of the store. */
  async query<Row = Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      await client.query(`set search_path to ${this.schema}`);
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** As if so much time had gone by. */
  async age(interval: string): Promise<void> {
    for (const [table, time] of [
      ['sessions', 'idle_since'],
      ['sessions', 'deleted_at'],
      ['journals', 'closed_at'],
      ['keys', 'until'],
    ] as const)
      await this.query(`update ${table} set ${time} = ${time} - $1::interval`, [interval]);
    await this.query('update run_readers set until = until - $1::interval', [interval]);
  }

  /** What each process does now and then. */
  async purge(): Promise<void> {
    const database = new PostgresDatabase(new ServerAccess(this.url), 1, this.schema);
    database.open();
    const ttls = { sessionTtlMilliseconds: 24 * HOUR, journalTtlMilliseconds: HOUR, keyTtlMilliseconds: 24 * HOUR };
    const expired = new ExpiredRows(database, { ...ttls, processId: 'purge', leaseMilliseconds: 15_000 });
    await new PostgresPurge(expired, new MemoryLogger()).purge();
    await database.close();
  }

  /** Closes what is still open. The schema is as it was made: to make it anew for each test costs more than most
   *  tests. */
  async empty(): Promise<void> {
    await this.closeStores();
    await this.query(DELETE_ALL);
  }

  /** Closes what is still open, and leaves nothing behind. */
  async close(): Promise<void> {
    await this.closeStores();
    await this.query(`drop schema if exists ${this.schema} cascade`);
  }

  private async closeStores(): Promise<void> {
    await Promise.all([...this.stores].map((store) => store.close()));
    this.stores.clear();
  }
}
