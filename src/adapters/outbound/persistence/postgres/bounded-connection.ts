import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { PoolClient, QueryConfig } from 'pg';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { asStoreError } from './store-errors.js';

/** One use of a pooled connection, with a time by which it must be over. After the first failure of the server nothing more is
 *  asked of the connection: a half-open one would wait for each answer anew. */
export class BoundedConnection implements DatabaseConnection {
  private failure: StoreUnavailable | undefined;

  constructor(
    private readonly client: PoolClient,
    private readonly deadline: number,
    private readonly nameOf: (text: string) => string,
  ) {}

  get failed(): boolean {
    return this.failure !== undefined;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.failure !== undefined) throw this.failure;
    try {
      const { rows, rowCount } = await this.client.query(this.bounded(sql, parameters));
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      const told = asStoreError(error);
      if (told instanceof StoreUnavailable) this.failure = told;
      throw told;
    }
  }

  streamQuery(): never {
    throw new Error('Streaming is not used here.');
  }

  /** One that failed is closed; the pool opens another. */
  release(): void {
    this.client.release(this.failed);
  }

  /** The server keeps the plan of what is asked again and again. */
  private bounded(text: string, parameters: readonly unknown[]): QueryConfig & { query_timeout: number } {
    const query_timeout = Math.max(1, this.deadline - performance.now());
    if (parameters.length === 0) return { text, query_timeout };
    return { text, name: this.nameOf(text), values: [...parameters], query_timeout };
  }
}
