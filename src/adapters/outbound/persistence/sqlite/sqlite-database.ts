import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { StoreUnavailable } from '../../../../domain/errors.js';
import type { Fields } from '../../../../domain/fields.js';
import { FileOnDisk } from './file-on-disk.js';
import { APPLICATION_ID } from './migrations.js';
import { storeErrorOf } from './result-code.js';

const TABLES = ['sessions', 'shelves', 'runs', 'journal', 'idempotency_keys'];

/** The open file. Each of its methods is synchronous, and so one step for everybody else. */
export class SqliteDatabase {
  private synchronous: 'NORMAL' | 'FULL' | undefined;
  private isOpen = true;
  /** By their text. */
  private readonly statements = new Map<string, StatementSync>();

  private readonly file: FileOnDisk;

  constructor(private readonly connection: DatabaseSync) {
    this.file = new FileOnDisk(connection.location() ?? '');
  }

  /** Throws what `work` throws, and StoreUnavailable where the fault may pass. */
  read<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** Does the work as a whole or not at all. From now on, what it wrote outlives this process. It outlives the
   *  machine once a later `writeThrough` has returned. */
  write<Result>(work: () => Result): Result {
    return this.read(() => this.transact('NORMAL', work));
  }

  /** The same. When it returns, the disk has this and all earlier writes. */
  writeThrough<Result>(work: () => Result): Result {
    return this.read(() => this.transact('FULL', work));
  }

  /** Throws StoreUnavailable when the file cannot be written, or can no longer be read. */
  probe(): void {
    try {
      // This writes a page of the file, with the value that it has.
      this.write(() => this.connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`));
      // Pages in memory would say nothing about the file, so SQLite drops them here.
      this.connection.exec('PRAGMA shrink_memory');
      for (const table of TABLES) this.row(`SELECT * FROM ${table} LIMIT 1`);
      this.file.check();
    } catch (error) {
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable({ cause: error });
    }
  }

  /** Wipes what was deleted from the disk, so that nothing of it stays in the write-ahead log. */
  wipe(): void {
    this.read(() => this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
  }

  /** `values` take the places of the question marks. */
  row(sql: string, ...values: readonly SQLInputValue[]): Fields | undefined {
    return this.statement(sql).get(...values);
  }

  /** Reads rows one by one, so that a reader may stop before the last. */
  rows(sql: string, ...values: readonly SQLInputValue[]): Iterable<Fields> {
    return this.statement(sql).iterate(...values);
  }

  /** Returns how many rows were changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }

  /** Returns the number of the new row. */
  insert(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).lastInsertRowid);
  }

  close(): void {
    if (this.isOpen) this.connection.close();
    this.isOpen = false;
  }

  private transact<Result>(synchronous: 'NORMAL' | 'FULL', work: () => Result): Result {
    // SQLite ignores a change of this within a transaction.
    if (this.synchronous !== synchronous) this.connection.exec(`PRAGMA synchronous = ${synchronous}`);
    this.synchronous = synchronous;
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** After some errors SQLite has rolled back by itself, and then a rollback throws. */
  private rollBack(): void {
    try {
      this.run('ROLLBACK');
    } catch {}
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}
