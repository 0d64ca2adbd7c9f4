import type { Logger } from '../../../../application/ports/logger.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import type { ExpiredRows } from './expired-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

const IDLE_MILLISECONDS = 60_000;
/** The share of its time that this process gives to clearing up is 5 of 25. */
const WORK_MILLISECONDS = 5;
const PAUSE_MILLISECONDS = 20;

/** Takes out of the file what has expired, piece by piece. */
export class SqlitePurge {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly expired: ExpiredRows,
    private readonly log: Logger,
  ) {}

  /** Begins soon, and never holds the process. */
  start(): void {
    this.workIn(PAUSE_MILLISECONDS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private workIn(milliseconds: number): void {
    this.timer = setTimeout(() => this.workIn(this.work() ? PAUSE_MILLISECONDS : IDLE_MILLISECONDS), milliseconds);
    this.timer.unref();
  }

  /** Returns whether there is more to do. */
  private work(): boolean {
    const end = performance.now() + WORK_MILLISECONDS;
    try {
      while (performance.now() < end) if (!this.database.write(() => this.expired.deleteSome())) return false;
      return true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.log.error('what has expired could not be purged', { error });
      return false;
    }
  }
}
