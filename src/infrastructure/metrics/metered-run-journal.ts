import type { JournalPosition, RunJournal, TakeEvents } from '../../application/ports/run-journal.js';
import type { RunLease } from '../../domain/run.js';
import type { JournalledEvent } from '../../domain/run-event.js';
import type { Metrics } from './metrics.js';
import { StoreCalls } from './store-calls.js';

/** Any journal, with its failed calls counted. Appending is the hot path, and the journal's lag tells how long it
 *  takes. Reading is left as it is: a wait for the model is none for the store. */
export class MeteredRunJournal implements RunJournal {
  private readonly calls: StoreCalls;

  constructor(
    private readonly journal: RunJournal,
    metrics: Metrics,
  ) {
    this.calls = new StoreCalls(metrics);
  }

  append(lease: RunLease, events: readonly JournalledEvent[], signal: AbortSignal): Promise<void> | undefined {
    const appended = this.journal.append(lease, events, signal);
    appended?.catch((error: unknown) => this.calls.failed('append', error));
    return appended;
  }

  position(runId: string): Promise<JournalPosition> {
    return this.calls.timed('position', this.journal.position(runId));
  }

  read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    return this.journal.read(runId, after, signal, take);
  }
}
