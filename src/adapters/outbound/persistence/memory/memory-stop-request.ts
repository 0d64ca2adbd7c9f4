import type { StopCause } from '../../../../domain/run.js';
import { Wakeup } from '../wakeup.js';

/** Whether a run was asked to stop. */
export class MemoryStopRequest {
  private cause: StopCause | undefined;
  private readonly asked = new Wakeup();

  /** The first cause counts. */
  ask(cause: StopCause): void {
    this.cause ??= cause;
    this.asked.wakeAll();
  }

  async heard(signal: AbortSignal): Promise<StopCause | undefined> {
    while (this.cause === undefined && !signal.aborted) await this.asked.wait(signal);
    return this.cause;
  }
}
