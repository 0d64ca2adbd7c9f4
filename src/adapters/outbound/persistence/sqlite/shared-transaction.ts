import type { SqliteDatabase } from './sqlite-database.js';

interface Write {
  /** Returns what tells its caller. */
  readonly make: () => () => void;
  readonly isThrough: boolean;
  readonly fail: (error: unknown) => void;
}

/** Puts all writes of one turn of the event loop into one transaction: one commit, and at most one wait for the
 *  disk. Where that fails, it makes each write by itself, so that a write that cannot be kept takes no other with
 *  it. */
export class SharedTransaction {
  private waiting: Write[] = [];

  constructor(
    private readonly database: SqliteDatabase,
    /** Tells that the last writes were undone. */
    private readonly undone: () => void,
  ) {}

  /** Resolves with what `work` returns, once that is kept as `SqliteDatabase.write` promises it. Rejects with what
   *  `work` throws. Works are done in the order in which they came. A work may be done twice, after the first time
   *  was undone. */
  write<Result>(work: () => Result): Promise<Result> {
    return this.add(work, false);
  }

  /** The same, kept as `SqliteDatabase.writeThrough` promises it. */
  writeThrough<Result>(work: () => Result): Promise<Result> {
    return this.add(work, true);
  }

  /** Writes what still waits. */
  finish(): void {
    const writes = this.waiting;
    this.waiting = [];
    try {
      if (writes.length > 0) this.keep(writes);
    } catch (error) {
      if (writes.length === 1) writes[0]?.fail(error);
      else for (const write of writes) this.keepAlone(write);
    }
  }

  private add<Result>(work: () => Result, isThrough: boolean): Promise<Result> {
    return new Promise((resolve, fail) => {
      const make = () => {
        const result = work();
        return () => resolve(result);
      };
      if (this.waiting.push({ make, isThrough, fail }) === 1) setImmediate(() => this.finish());
    });
  }

  private keepAlone(write: Write): void {
    try {
      this.keep([write]);
    } catch (error) {
      write.fail(error);
    }
  }

  private keep(writes: readonly Write[]): void {
    const all = () => writes.map(({ make }) => make());
    const isThrough = writes.some((write) => write.isThrough);
    try {
      for (const tell of isThrough ? this.database.writeThrough(all) : this.database.write(all)) tell();
    } catch (error) {
      this.undone();
      throw error;
    }
  }
}
