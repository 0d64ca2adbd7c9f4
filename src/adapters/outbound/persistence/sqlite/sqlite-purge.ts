import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '../../../../application/ports/logger.js';
import { FAREWELL_MILLISECONDS } from '../../../../application/ports/run-journal.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import type { ExpiredRows } from './expired-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

const FINISH_MILLISECONDS = 1000;
const IDLE_MILLISECONDS = 60_000;
/** This process works 5 ms and pauses 20 ms, so the purge has a fifth of its time. */
const WORK_MILLISECONDS = 5;
const PAUSE_MILLISECONDS = 20;

/** Takes away what has expired, piece by piece. */
export class SqlitePurge {
  private timer: NodeJS.Timeout | undefined;
  /** The write-ahead log may still hold what was deleted. */
  private hasDeleted = false;
  private wiping: Promise<void> | undefined;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly expired: ExpiredRows,
    private readonly log: Logger,
  ) {}

  /** Begins soon, and never keeps the process alive. */
  start(): void {
    this.workIn(PAUSE_MILLISECONDS);
  }

  /** A session was deleted, and its journals go as soon as no reader may begin any more. Resolves when all the rest
   *  is gone from the disk. Deletions of one turn of the event loop share that wait. */
  afterDeletion(): Promise<void> {
    clearTimeout(this.timer);
    this.workIn(FAREWELL_MILLISECONDS + PAUSE_MILLISECONDS);
    this.hasDeleted = true;
    this.wiping ??= this.wipeSoon();
    return this.wiping;
  }

  /** Purges what was deleted, since no readers are left. A file that is closed leaves no log. */
  finish(): void {
    clearTimeout(this.timer);
    this.hasDeleted = false;
    const end = performance.now() + FINISH_MILLISECONDS;
    this.attempt(() => {
      while (performance.now() < end && this.database.write(() => this.expired.purgeSomeDeleted()));
      return false;
    });
  }

  private workIn(milliseconds: number): void {
    this.timer = setTimeout(() => this.workIn(this.work() ? PAUSE_MILLISECONDS : IDLE_MILLISECONDS), milliseconds);
    this.timer.unref();
  }

  /** Returns whether there is more to do. */
  private work(): boolean {
    const end = performance.now() + WORK_MILLISECONDS;
    return this.attempt(() => {
      while (performance.now() < end) {
        if (!this.database.write(() => this.expired.purgeSome())) return this.wipe();
        this.hasDeleted = true;
      }
      return true;
    });
  }

  private async wipeSoon(): Promise<void> {
    await nextTurn();
    this.wiping = undefined;
    this.attempt(() => this.wipe());
  }

  /** Returns that there is no more to do. */
  private wipe(): false {
    if (this.hasDeleted) this.database.wipe();
    this.hasDeleted = false;
    return false;
  }

  /** The next round does again what fails here. */
  private attempt(work: () => boolean): boolean {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.log.error('what has expired could not be purged', { error });
      return false;
    }
  }
}
