import { StoreUnavailable } from '../domain/errors.js';
import type { ActiveRuns } from './active-runs.js';
import { pause } from './patience.js';
import type { Logger } from './ports/logger.js';
import type { RunReaders } from './run-readers.js';

const ROUNDS_PER_LEASE = 3;
const JITTER = 0.2;

/** What every process does three times per lease: keep its own runs, tell which it reads, take up what others left
 *  behind. */
export class Patrol {
  private readonly stopped = new AbortController();
  private rounds: Promise<void> | undefined;
  /** After the store was away, every writer first has its time to renew: until then nobody is taken for dead. */
  private claimsFrom = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly activeRuns: ActiveRuns,
    private readonly readers: RunReaders,
    private readonly leaseMilliseconds: number,
    private readonly log: Logger,
  ) {}

  /** The first round is made at once. */
  start(): void {
    this.rounds ??= this.goRound();
  }

  /** Resolves when no round is under way any more. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.rounds;
  }

  private async goRound(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.round();
      await pause(this.untilNextRound(), this.stopped.signal);
    }
  }

  private async round(): Promise<void> {
    try {
      await this.activeRuns.renewLeases();
      await this.readers.refresh(this.activeRuns.all);
      if (performance.now() >= this.claimsFrom) await this.activeRuns.startOrphans();
    } catch (error) {
      this.claimsFrom = performance.now() + this.leaseMilliseconds;
      if (error instanceof StoreUnavailable)
        this.log.warn('the store is away; runs wait for it', { error: error.cause });
      else this.log.error('a patrol round failed', { error });
    }
  }

  /** Never in step with other processes, and never so late that a lease could run out. */
  private untilNextRound(): number {
    return (this.leaseMilliseconds / ROUNDS_PER_LEASE) * (1 - JITTER * Math.random());
  }
}
