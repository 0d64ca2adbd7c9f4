/** Before the service has said how long to wait. */
const USUAL = 1000;
const LONGEST = 30_000;
/** The longest that a timer can wait. */
const TIMER = 2 ** 31 - 1;
const REPEATS = 5;

/** How long to wait before the next try, and when to give up. */
export class Patience {
  private usual = USUAL;
  private failures = 0;
  private refusals = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** What the service asked for with `retry:`. */
  hear(milliseconds: number): void {
    this.usual = milliseconds;
  }

  /** Something new has come: what failed before counts no more. */
  renew(): void {
    this.failures = 0;
    this.refusals = 0;
  }

  /** Milliseconds after a cut: what was asked for and up to half of it, twice as long each time that nothing new has
   *  come. */
  afterCut(): number {
    const longest = Math.max(LONGEST, this.usual);
    const wait = Math.min(this.usual * 2 ** this.failures, longest);
    this.failures += 1;
    return this.jittered(wait);
  }

  /** Milliseconds after a refusal that may pass; undefined when there were too many. */
  afterRefusal(retryAfter: string | undefined): number | undefined {
    if (this.refusals === REPEATS) return undefined;
    this.refusals += 1;
    const asked = millisecondsOf(retryAfter);
    return asked === undefined ? this.afterCut() : this.jittered(asked);
  }

  private jittered(wait: number): number {
    return Math.min(wait + (wait / 2) * this.random(), TIMER);
  }
}

/** Of a Retry-After: seconds, or a date. */
function millisecondsOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined || retryAfter.trim() === '') return undefined;
  const seconds = Number(retryAfter);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
