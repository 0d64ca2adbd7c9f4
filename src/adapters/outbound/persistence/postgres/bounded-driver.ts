import { CompiledQuery, type DatabaseConnection, type Driver } from 'kysely';
import type { Pool } from 'pg';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { BoundedConnection } from './bounded-connection.js';

/** Waiting for a connection included. */
const OPERATION_MILLISECONDS = 3000;

/** Kysely's way to the server: a statement or a transaction takes its time or fails with StoreUnavailable, never neither. */
export class BoundedDriver implements Driver {
  /** Set when the tables are there. */
  isOpen = false;
  private readonly names = new Map<string, string>();

  constructor(private readonly pool: Pool) {}

  async init(): Promise<void> {}

  async acquireConnection(): Promise<BoundedConnection> {
    if (!this.isOpen) throw new StoreUnavailable();
    const deadline = performance.now() + OPERATION_MILLISECONDS;
    try {
      return new BoundedConnection(await this.pool.connect(), deadline, (text) => this.nameOf(text));
    } catch (error) {
      throw new StoreUnavailable({ cause: error });
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof BoundedConnection && connection.failed) return;
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof BoundedConnection) connection.release();
  }

  async destroy(): Promise<void> {}

  /** There are as many texts as there are statements in the code: none is put together from values. */
  private nameOf(text: string): string {
    const name = this.names.get(text) ?? `agent_runtime_${this.names.size + 1}`;
    this.names.set(text, name);
    return name;
  }
}
