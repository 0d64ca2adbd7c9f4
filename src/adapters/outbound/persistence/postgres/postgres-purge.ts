import type { Logger } from '../../../../application/ports/logger.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import type { ExpiredRows } from './expired-rows.js';

const ROUND_MILLISECONDS = 30_000;
const JITTER = 0.5;
const MANY = 100;

/** Takes away what has expired. Every process purges in its own time, and passes over what another one has locked.
 *  No read waits for the purge, because reads compare the times themselves. */
export class PostgresPurge {
  private timer: NodeJS.Timeout | undefined;
  private batch = MANY;

  constructor(
    private readonly expired: ExpiredRows,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setTimeout(() => void this.round(), ROUND_MILLISECONDS * (1 - JITTER * Math.random())).unref();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  async purge(): Promise<void> {
    for (const purge of this.expired.kinds) while ((await purge(this.batch)) === this.batch);
  }

  /** A batch that takes longer than a statement may take is tried again as a smaller one. */
  private async round(): Promise<void> {
    try {
      await this.purge();
      this.batch = MANY;
    } catch (error) {
      this.batch = Math.ceil(this.batch / 4);
      if (!(error instanceof StoreUnavailable)) this.log.error('what has expired could not be purged', { error });
    }
    if (this.timer !== undefined) this.start();
  }
}
