import { SlidingCount } from './sliding-count.js';

const WINDOW_SECONDS = 10;
const SHARE = 0.2;
const ALWAYS = 10;

/** Keeps retries from adding to what broke the upstream: in ten seconds, a fifth of the requests, but never fewer than
 *  ten. */
export class RetryBudget {
  private readonly requests = new SlidingCount(WINDOW_SECONDS);
  private readonly retries = new SlidingCount(WINDOW_SECONDS);

  countRequest(): void {
    this.requests.add();
  }

  /** Whether there was a retry left; it is taken. */
  spend(): boolean {
    if (this.retries.sum() >= Math.max(ALWAYS, SHARE * this.requests.sum())) return false;
    this.retries.add();
    return true;
  }
}
