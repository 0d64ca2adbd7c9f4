import type { RunEvent } from '../domain/run-event.js';

type Batch = readonly RunEvent[];

/** Is told when a reading begins and when it is over, once each. */
export interface Attendance {
  enter(): Promise<void>;
  leave(): Promise<void>;
}

/** A reading that counts from its first `next()` until it ends, fails or is left. No generator: every token passes here, for every
 *  reader. */
export class CountedReading implements AsyncIterable<Batch>, AsyncIterator<Batch, unknown, undefined> {
  private events: AsyncIterator<Batch, unknown, undefined> | undefined;

  constructor(
    private readonly open: () => AsyncIterable<Batch>,
    private readonly attendance: Attendance,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Batch, unknown>> {
    this.events ??= await this.begin();
    try {
      const step = await this.events.next();
      if (step.done) await this.attendance.leave();
      return step;
    } catch (error) {
      await this.attendance.leave();
      throw error;
    }
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Batch, unknown>> {
    if (this.events !== undefined) {
      await this.events.return?.();
      await this.attendance.leave();
    }
    return { done: true, value: undefined };
  }

  private async begin(): Promise<AsyncIterator<Batch, unknown, undefined>> {
    await this.attendance.enter();
    return this.open()[Symbol.asyncIterator]();
  }
}
