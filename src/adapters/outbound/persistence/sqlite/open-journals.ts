import { LeaseLost, RunNotFound } from '../../../../domain/errors.js';
import { headHeldBy } from '../../../../domain/held-head.js';
import type { RunLease } from '../../../../domain/run.js';
import { fenceOf } from '../../../../domain/session-head.js';
import type { JournalRows } from './journal-rows.js';
import type { RunRows } from './run-rows.js';
import type { SessionRows } from './session-rows.js';

export interface OpenJournal {
  /** The row of its run. */
  readonly run: number;
  last: number;
}

/** Remembers where the journals stand that this process writes, so that an append need not look. Nobody else writes
 *  to the file, so a journal stands there until its fence is over or a transaction is undone. */
export class OpenJournals {
  private readonly byFence = new Map<string, OpenJournal>();

  constructor(
    private readonly journals: JournalRows,
    private readonly sessions: SessionRows,
    private readonly runs: RunRows,
  ) {}

  /** Throws RunNotFound, RunEnded, LeaseLost. */
  heldBy(lease: RunLease): OpenJournal {
    const fence = fenceOf(lease);
    const known = this.byFence.get(fence);
    if (known !== undefined) return known;
    const found = this.journals.findHeld(lease.id, fence);
    if (found === undefined) return this.refuse(lease);
    this.byFence.set(fence, found);
    return found;
  }

  /** Nobody may append with this fence any more. */
  forget(fence: string | undefined): void {
    if (fence !== undefined) this.byFence.delete(fence);
  }

  forgetAll(): void {
    this.byFence.clear();
  }

  private refuse(lease: RunLease): never {
    const key = this.sessions.keyOfRun(lease.id);
    if (key === undefined) throw new RunNotFound(lease.id);
    headHeldBy(this.runs.snapshot(this.sessions.find(key), { runs: [lease.id] }), lease);
    throw new LeaseLost(lease.id);
  }
}
