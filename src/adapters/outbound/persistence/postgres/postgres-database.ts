import { randomUUID } from 'node:crypto';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql, type Transaction } from 'kysely';
import { Pool } from 'pg';
import { pause } from '../../../../application/patience.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { BoundedDriver } from './bounded-driver.js';
import type { ServerAccess } from './server-access.js';
import { isCollision } from './store-errors.js';
import type { Tables } from './tables.js';

const STATEMENT_MILLISECONDS = 5000;
const IDLE_TRANSACTION_MILLISECONDS = 10_000;
const IDLE_CONNECTION_MILLISECONDS = 60_000;
const READY_MILLISECONDS = 1800;
const MAX_ATTEMPTS = 4;
const PROBED = ['sessions', 'runs', 'events'] as const;
/** No run has such an id. */
const PROBE = '-';

/** What runs the statements of all parts of this store, outside of transactions or within one. */
export type Queries = Kysely<Tables>;

/** The tables of one schema, over a pool of connections. */
export class PostgresDatabase {
  readonly queries: Queries;
  private readonly pool: Pool;
  private readonly driver: BoundedDriver;
  private looking: Promise<void> | undefined;

  constructor(
    access: ServerAccess,
    poolSize: number,
    readonly schema: string,
  ) {
    this.pool = new Pool({
      ...access.settings,
      max: poolSize,
      idleTimeoutMillis: IDLE_CONNECTION_MILLISECONDS,
      statement_timeout: STATEMENT_MILLISECONDS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MILLISECONDS,
    });
    // A connection that breaks says so to whoever uses it. Nobody may listen just then, and that must not end the process.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
    const driver = new BoundedDriver(this.pool);
    this.driver = driver;
    this.queries = new Kysely<Tables>({
      dialect: {
        createDriver: () => driver,
        createAdapter: () => new PostgresAdapter(),
        createQueryCompiler: () => new PostgresQueryCompiler(),
        createIntrospector: (queries) => new PostgresIntrospector(queries),
      },
    }).withSchema(schema);
  }

  /** For statements that are written out. */
  table(name: keyof Tables) {
    return sql.id(this.schema, name);
  }

  /** Until then, and after `close`, everything throws StoreUnavailable. */
  open(): void {
    this.driver.isOpen = true;
  }

  /** All steps or none. They are made again when they got in each other's way with somebody else's. */
  async transaction<Result>(
    steps: (queries: Transaction<Tables>) => Promise<Result>,
    attempts = MAX_ATTEMPTS,
  ): Promise<Result> {
    try {
      return await this.queries.transaction().execute(steps);
    } catch (error) {
      if (!isCollision(error)) throw error;
      if (attempts === 1) throw new StoreUnavailable({ cause: error });
      return this.transaction(steps, attempts - 1);
    }
  }

  /** Resolves when the tables can be written to; rejects with StoreUnavailable when they cannot, or not in time. Those who ask
   *  at once share one look. */
  checkReady(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async look(): Promise<void> {
    const timeIsUp = new AbortController();
    const late = pause(READY_MILLISECONDS, timeIsUp.signal).then(() => {
      throw new StoreUnavailable();
    });
    try {
      await Promise.race([this.tryOut(), late]);
    } finally {
      late.catch(() => {});
      timeIsUp.abort();
    }
  }

  /** Writes a row and takes it back, and looks at all other tables. */
  private async tryOut(): Promise<void> {
    try {
      await this.queries.transaction().execute(async (queries) => {
        const until = new Date(0);
        await queries.insertInto('run_readers').values({ run: PROBE, process: randomUUID(), until }).execute();
        for (const table of PROBED) await queries.selectFrom(table).select(sql`1`.as('one')).limit(1).execute();
        throw new Probed();
      });
    } catch (error) {
      if (error instanceof Probed) return;
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable({ cause: error });
    }
  }

  async close(): Promise<void> {
    this.driver.isOpen = false;
    await this.pool.end();
  }
}

/** Everything can be written; nothing is to stay. */
class Probed extends Error {}
