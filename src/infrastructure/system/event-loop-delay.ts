import { monitorEventLoopDelay } from 'node:perf_hooks';

const WINDOW_MS = 1000;
const SAMPLE_MS = 20;
const NANOSECONDS = 1e6;

/** How long work waits for its turn in this process, as the mean of a second. It counts as too long only when the second before was
 *  too long as well: one pause, however long, is no overload. */
export class EventLoopDelay {
  private readonly histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  private timer: NodeJS.Timeout | undefined;
  private wasOver = false;
  private exceeded = false;

  constructor(private readonly limitMilliseconds: number) {}

  /** False until it is measured. */
  get isOverLimit(): boolean {
    return this.exceeded;
  }

  measure(): void {
    this.histogram.enable();
    this.timer = setInterval(() => this.look(), WINDOW_MS).unref();
  }

  stop(): void {
    this.histogram.disable();
    clearInterval(this.timer);
    this.exceeded = false;
  }

  /** The histogram holds the time from one sample to the next. */
  private look(): void {
    const isOver = this.histogram.mean / NANOSECONDS - SAMPLE_MS > this.limitMilliseconds;
    this.exceeded = isOver && this.wasOver;
    this.wasOver = isOver;
    this.histogram.reset();
  }
}
