import { Wakeup } from '../wakeup.js';
import type { MemoryEventLog } from './memory-event-log.js';

export interface JournalLimits {
  readonly ttlMilliseconds: number;
  readonly maxBytes: number;
}

/** A run's events, and what they take. */
export interface KeptJournal {
  /** Undefined when it is no longer kept. */
  log: MemoryEventLog | undefined;
  journalBytes: number;
}

/** The memory that all journals share. A journal goes when its run has ended and its time is over, or when another
 *  journal needs the room. Writers wait when no ended journal is left. */
export class MemoryJournalBudget {
  private usedBytes = 0;
  /** In the order in which their writers began. */
  private readonly open = new Set<KeptJournal>();
  /** In the order in which their runs ended, each with the time until which it is kept. */
  private readonly ended = new Map<KeptJournal, number>();
  private readonly freed = new Wakeup();

  constructor(private readonly limits: JournalLimits) {}

  /** Returns undefined when so many bytes fit. Otherwise it resolves when they fit, and rejects with the reason of
   *  `signal` when that aborts first. The writer that began first never waits, so one run can always come to its
   *  end, and the bound on a reply bounds its journal. While that run takes more than the budget, `hasRoom` refuses
   *  new messages, because they could only wait. */
  room(record: KeptJournal, bytes: number, signal: AbortSignal): Promise<void> | undefined {
    this.open.add(record);
    return this.mayAdd(record, bytes) ? undefined : this.untilRoom(record, bytes, signal);
  }

  hasRoom(bytes: number): boolean {
    for (const record of this.ended.keys()) {
      if (this.usedBytes + bytes <= this.limits.maxBytes) return true;
      this.forget(record);
    }
    return this.usedBytes + bytes <= this.limits.maxBytes;
  }

  add(record: KeptJournal, bytes: number): void {
    record.journalBytes += bytes;
    this.usedBytes += bytes;
  }

  close(record: KeptJournal, now: number): void {
    this.open.delete(record);
    this.ended.set(record, now + this.limits.ttlMilliseconds);
    this.freed.wakeAll();
  }

  /** A reader that holds the log reads it to its end. */
  forget(record: KeptJournal): void {
    this.open.delete(record);
    this.ended.delete(record);
    this.usedBytes -= record.journalBytes;
    record.journalBytes = 0;
    record.log = undefined;
    this.freed.wakeAll();
  }

  /** Parts the journal from its record, so that the record can go. The budget keeps the journal as long as nothing
   *  else needs the room. */
  detach(record: KeptJournal): KeptJournal {
    const { log, journalBytes } = record;
    const detached = { log, journalBytes };
    this.forget(record);
    this.usedBytes += journalBytes;
    this.ended.set(detached, Number.POSITIVE_INFINITY);
    return detached;
  }

  purge(now: number): void {
    for (const [record, keptUntil] of this.ended) {
      if (keptUntil > now) return;
      this.forget(record);
    }
  }

  private mayAdd(record: KeptJournal, bytes: number): boolean {
    return this.hasRoom(bytes) || this.open.values().next().value === record;
  }

  private async untilRoom(record: KeptJournal, bytes: number, signal: AbortSignal): Promise<void> {
    while (!this.mayAdd(record, bytes)) {
      await this.freed.wait(signal);
      signal.throwIfAborted();
    }
  }
}
