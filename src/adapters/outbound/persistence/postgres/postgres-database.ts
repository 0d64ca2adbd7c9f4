import { Pool } from 'pg';
import { pause } from '../../../../application/patience.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { BoundedConnection, type NamedStatement } from './bounded-connection.js';
import type { Statement } from './parameters.js';
import type { ServerAccess } from './server-access.js';
import { isCollision } from './store-errors.js';

/** How long one operation may take, with its wait for a connection. */
const OPERATION_MILLISECONDS = 3000;
/** The same for many statements that count together. */
const TOGETHER_MILLISECONDS = 60_000;
/** The server gives up before the caller does. So what the caller reports as not done is rarely done later. */
const STATEMENT_MILLISECONDS = 2500;
const IDLE_TRANSACTION_MILLISECONDS = 10_000;
const IDLE_CONNECTION_MILLISECONDS = 60_000;
const READY_MILLISECONDS = 1800;
const MAX_ATTEMPTS = 4;

/** The probe writes a row, takes it back, and reads every other table. No run has such an id. */
const PROBE = [
  'begin',
  "insert into @run_readers (run, process, until) values ('-', md5(random()::text), to_timestamp(0))",
  `select exists (select from @sessions), exists (select from @runs), exists (select from @journals),
    exists (select from @events), exists (select from @keys)`,
  'rollback',
];

/** The tables of one schema, over a pool of connections. */
export class PostgresDatabase {
  private readonly pool: Pool;
  private readonly statements = new Map<string, NamedStatement>();
  private isOpen = false;
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
    // A broken connection tells its user. One without a user must not end the process.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** Before `open` and after `close`, every method throws StoreUnavailable. */
  open(): void {
    this.isOpen = true;
  }

  /** Runs one statement, in one round trip and as a whole or not at all. Its text names a table as `@runs`. It ends
   *  within its time, or throws StoreUnavailable. It is tried again when it collided with another one. */
  async run<Row>(text: string, values: readonly unknown[], attempts = MAX_ATTEMPTS): Promise<readonly Row[]> {
    const connection = await this.connect();
    try {
      return await connection.query<Row>(this.named(text), values);
    } catch (error) {
      if (!isCollision(error)) throw error;
      if (attempts === 1) throw new StoreUnavailable({ cause: error });
    } finally {
      connection.release();
    }
    return this.run(text, values, attempts - 1);
  }

  /** Runs statements that count together or not at all: the first one, whose rows are returned, and the others where
   *  those say so. Each has a statement's time. Throws what `run` throws, and what somebody else's rows make of it. */
  async together<Row>(
    first: Statement,
    others: Iterable<Statement>,
    goesOn: (rows: readonly Row[]) => boolean,
  ): Promise<readonly Row[]> {
    const connection = await this.connect(TOGETHER_MILLISECONDS);
    try {
      await connection.query(this.named('begin'));
      const rows = await connection.query<Row>(this.named(first.text), first.values);
      if (goesOn(rows)) for (const { text, values } of others) await connection.query(this.named(text), values);
      await connection.query(this.named('commit'));
      return rows;
    } catch (error) {
      // A connection that has failed is closed, and the server rolls back.
      await connection.query({ text: 'rollback' }).catch(() => {});
      throw error;
    } finally {
      connection.release();
    }
  }

  /** Resolves when the tables can be written to. Rejects with StoreUnavailable when they cannot, or not in time.
   *  Callers that come at once share one look. */
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
    } catch (error) {
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable({ cause: error });
    } finally {
      late.catch(() => {});
      timeIsUp.abort();
    }
  }

  private async tryOut(): Promise<void> {
    const connection = await this.connect();
    try {
      for (const text of PROBE) await connection.query(this.named(text));
    } catch (error) {
      await connection.query({ text: 'rollback' });
      throw error;
    } finally {
      connection.release();
    }
  }

  private async connect(milliseconds = OPERATION_MILLISECONDS): Promise<BoundedConnection> {
    if (!this.isOpen) throw new StoreUnavailable();
    const deadline = performance.now() + milliseconds;
    try {
      return new BoundedConnection(await this.pool.connect(), deadline);
    } catch (error) {
      throw new StoreUnavailable({ cause: error });
    }
  }

  /** No text is put together from values, so there are only as many as there are statements in the code. */
  private named(text: string): NamedStatement {
    const known = this.statements.get(text);
    if (known !== undefined) return known;
    const named = {
      text: text.replace(/@([a-z_]+)/g, `"${this.schema}".$1`),
      name: `agent_runtime_${this.statements.size + 1}`,
    };
    this.statements.set(text, named);
    return named;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.pool.end();
  }
}
