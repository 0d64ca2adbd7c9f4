import { type Caller, seenBy } from '../../domain/caller.js';
import { InvalidCursor } from '../../domain/errors.js';
import type { Run } from '../../domain/run.js';
import type { RunJournal, TakeEvents } from '../ports/run-journal.js';
import type { RunObserver } from '../ports/run-observer.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { RunReaders } from '../run-readers.js';

export interface ResumedStream {
  readonly run: Run;
  /** The reader has seen the ending: there is nothing more to come. */
  readonly atEnd: boolean;
  /** Hands over the events after the last one seen, in batches, to the ending, as `RunJournal.read` promises it.
   *  Aborting `signal` does not stop the run unless it was sent to be cancelled then. */
  read(signal: AbortSignal, take: TakeEvents): Promise<void>;
}

/** Goes on with a run's events where a reader left off, while the run goes on and after it ended. */
export class ResumeStream {
  constructor(
    private readonly runs: RunRepository,
    private readonly journal: RunJournal,
    private readonly readers: RunReaders,
    private readonly observer: RunObserver,
  ) {}

  /** `after` is the number of the last event seen, 0 for none. Throws RunNotFound, ResumeExpired, and InvalidCursor
   *  when the run has not come that far. The events begin behind `from`, where that is another number than `after`. */
  async execute(runId: string, by: Caller, after: number, from = after): Promise<ResumedStream> {
    const run = seenBy(by, await this.runs.find(runId));
    const { last, ended } = await this.journal.position(runId);
    if (after > last)
      throw new InvalidCursor(`The run has ${last} events so far; Last-Event-ID names number ${after}.`);
    const read = (signal: AbortSignal, take: TakeEvents): Promise<void> => {
      this.observer.readerResumed(last - from);
      return this.readers.read(run, from, signal, take);
    };
    return { run, atEnd: ended && after === last, read };
  }
}
