import { monitorEventLoopDelay } from 'node:perf_hooks';

const WINDOW_MS = 1000;
const SAMPLE_MS = 20;
const NANOSECONDS = 1e6;

/** Below this share of its time at work, a process has no work that waits long. */
const BUSY = 0.5;

/** How long work waits for its turn in this process, as the mean of a second. It counts as too long only when the
 *  second before was too long as well: one pause, however long, is no overload. Only a busy process is looked at
 *  closely, for each sample wakes it. */
export class EventLoopDelay {
  private readonly histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  private timer: NodeJS.Timeout | undefined;
  private spent = performance.eventLoopUtilization();
  private wasOver = false;
  private exceeded = false;

  constructor(private readonly limitMilliseconds: number) {}

  /** False until it is measured. */
  get isOverLimit(): boolean {
    return this.exceeded;
  }

  measure(): void {
    this.spent = performance.eventLoopUtilization();
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
    if (this.isBusy()) this.histogram.enable();
    else this.histogram.disable();
  }

  /** Since the look before. */
  private isBusy(): boolean {
    const before = this.spent;
    this.spent = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(this.spent, before).utilization >= BUSY;
  }
}
