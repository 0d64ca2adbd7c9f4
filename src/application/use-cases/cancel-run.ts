import { type Caller, seenBy } from '../../domain/caller.js';
import { isEnded, type Run } from '../../domain/run.js';
import type { Clock } from '../ports/clock.js';
import type { RunRepository } from '../ports/run-repository.js';

export interface CancelledRun {
  readonly run: Run;
  /** The run had ended before: nothing was changed. */
  readonly hadEnded: boolean;
}

/** Stops a run, wherever it is written. What it wrote is kept. */
export class CancelRun {
  constructor(
    private readonly runs: RunRepository,
    private readonly clock: Clock,
  ) {}

  /** Returns when the stop is asked for, not when it has happened: the run's events tell that. Throws RunNotFound. */
  async execute(runId: string, by: Caller): Promise<CancelledRun> {
    const run = seenBy(by, await this.runs.find(runId));
    if (isEnded(run)) return { run, hadEnded: true };
    return { run: await this.runs.askToStop(runId, 'cancelled', this.clock.now()), hadEnded: false };
  }
}
