import { RunNotFound } from '../domain/errors.js';
import type { Run } from '../domain/run.js';
import type { RunEvent } from '../domain/run-event.js';
import type { Clock } from './ports/clock.js';
import type { RunJournal } from './ports/run-journal.js';
import type { RunRepository } from './ports/run-repository.js';

/** The readers of this process, counted per run: when the last one leaves a run that is to stop then, it is cancelled. */
export class RunReaders {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly journal: RunJournal,
    private readonly runs: RunRepository,
    private readonly clock: Clock,
  ) {}

  /** The run's events after `after`, as `RunJournal.read` promises them. The reader counts from the first `next()` until the
   *  events are at their end, `signal` aborts or the loop is left. */
  async *read(run: Run, after: number, signal: AbortSignal): AsyncGenerator<readonly RunEvent[]> {
    this.counts.set(run.id, (this.counts.get(run.id) ?? 0) + 1);
    try {
      yield* this.journal.read(run.id, after, signal);
    } finally {
      if (this.leave(run.id) === 0 && run.onDisconnect === 'cancel') await this.cancel(run.id);
    }
  }

  private leave(runId: string): number {
    const left = (this.counts.get(runId) ?? 1) - 1;
    if (left === 0) this.counts.delete(runId);
    else this.counts.set(runId, left);
    return left;
  }

  /** A run that has ended is left as it is; one that was deleted meanwhile has had its ending. */
  private async cancel(runId: string): Promise<void> {
    try {
      await this.runs.requestStop(runId, 'cancelled', this.clock.now());
    } catch (error) {
      if (!(error instanceof RunNotFound)) throw error;
    }
  }
}
