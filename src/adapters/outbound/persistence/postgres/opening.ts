import { pause } from '../../../../application/patience.js';
import type { Logger } from '../../../../application/ports/logger.js';
import { lastingProblem } from './store-errors.js';

const FIRST_ATTEMPT_MILLISECONDS = 2000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5000;
const JITTER = 0.5;

/** Prepares the database as soon as the server is there. */
export class Opening {
  private readonly closing = new AbortController();

  constructor(
    private readonly prepare: () => Promise<void>,
    private readonly log: Logger,
  ) {}

  /** Resolves when the first attempt is over or takes too long. More attempts follow until one succeeds. Rejects
   *  when the first attempt shows that the settings cannot be right. */
  async start(): Promise<void> {
    const first = this.attempt();
    const rest = first.then((error) => (error === undefined || isLasting(error) ? undefined : this.repeat()));
    const error = await Promise.race([first, pause(FIRST_ATTEMPT_MILLISECONDS, this.closing.signal)]);
    if (isLasting(error)) throw new Error(`The store cannot be used: ${lastingProblem(error)}`, { cause: error });
    void rest;
  }

  close(): void {
    this.closing.abort();
  }

  private async repeat(): Promise<void> {
    const { signal } = this.closing;
    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      await pause(wait * (1 - JITTER * Math.random()), signal);
      if (signal.aborted || (await this.attempt()) === undefined) return;
    }
  }

  /** Returns the error, if any. */
  private async attempt(): Promise<unknown> {
    try {
      await this.prepare();
      return undefined;
    } catch (error) {
      this.log.warn('the database is not ready yet', { error });
      return error;
    }
  }
}

function isLasting(error: unknown): boolean {
  return lastingProblem(error) !== undefined;
}
