import { FAREWELL_MILLISECONDS } from '../../../../application/ports/run-journal.js';
import type { KeptJournal, MemoryJournalBudget } from './memory-journal-budget.js';

/** Keeps the journals of deleted sessions for readers that found their runs before. These journals count in the
 *  budget like all others. */
export class MemoryFarewells {
  /** In the order in which their sessions were deleted. */
  private readonly left = new Map<string, { readonly journal: KeptJournal; readonly until: number }>();

  constructor(private readonly journals: MemoryJournalBudget) {}

  /** Takes the journal out of its run's record, because the record goes now. */
  add(runId: string, record: KeptJournal, now: number): void {
    if (record.log === undefined) return;
    this.left.set(runId, { journal: this.journals.detach(record), until: now + FAREWELL_MILLISECONDS });
  }

  find(runId: string): KeptJournal | undefined {
    return this.left.get(runId)?.journal;
  }

  purge(now: number): void {
    for (const [runId, { journal, until }] of this.left) {
      if (until > now) return;
      this.journals.forget(journal);
      this.left.delete(runId);
    }
  }
}
