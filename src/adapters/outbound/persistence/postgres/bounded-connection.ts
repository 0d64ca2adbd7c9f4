import type { PoolClient, QueryConfig } from 'pg';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { asStoreError } from './store-errors.js';

/** A statement, with the name under which the server keeps its plan. */
export interface NamedStatement {
  readonly text: string;
  readonly name?: string;
}

/** One use of a pooled connection, until a deadline. After the first failure of the server it asks nothing more,
 *  because a half-open connection would wait for each answer anew. */
export class BoundedConnection {
  private failure: StoreUnavailable | undefined;

  constructor(
    private readonly client: PoolClient,
    private readonly deadline: number,
  ) {}

  async query<Row>(statement: NamedStatement, values: readonly unknown[] = []): Promise<readonly Row[]> {
    if (this.failure !== undefined) throw this.failure;
    try {
      return (await this.client.query(this.bounded(statement, values))).rows;
    } catch (error) {
      const told = asStoreError(error);
      if (told instanceof StoreUnavailable) this.failure = told;
      throw told;
    }
  }

  private bounded(statement: NamedStatement, values: readonly unknown[]): QueryConfig & { query_timeout: number } {
    return { ...statement, values: [...values], query_timeout: Math.max(1, this.deadline - performance.now()) };
  }

  /** A connection that failed is closed, and the pool opens another. */
  release(): void {
    this.client.release(this.failure !== undefined);
  }
}
