import type { SqliteDatabase } from './sqlite-database.js';

interface Write {
  /** Returns what tells its caller. */
  readonly make: () => () => void;
  readonly isThrough: boolean;
  readonly fail: (error: unknown) => void;
}

/** All that is to be written in one turn of the event loop shares one transaction: one commit, and at most one wait for
 *  the disk. Where that fails, each write is made by itself, so that one that cannot be kept takes no other with it. */
export class SharedTransaction {
  private waiting: Write[] = [];

  constructor(
    private readonly database: SqliteDatabase,
    /** What was written last is not there. */
    private readonly undone: () => void,
  ) {}

  /** Resolves with what `work` returns, once that is kept as `SqliteDatabase.write` promises it; rejects with what it
   *  throws. Works are done in the order in which they came. One may be done a second time, after the first was
   *  undone. */
  write<Result>(work: () => Result): Promise<Result> {
    return this.add(work, false);
  }

  /** The same, kept as `SqliteDatabase.writeThrough` promises it. */
  writeThrough<Result>(work: () => Result): Promise<Result> {
    return this.add(work, true);
  }

  /** Nothing waits any more. */
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
