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

/** The memory that all journals share. An ended journal goes when its time is over, or when another needs its room.
 *  When no ended one is left, writers wait. */
export class MemoryJournalBudget {
  private usedBytes = 0;
  /** In the order in which they began to write. */
  private readonly open = new Set<KeptJournal>();
  /** In the order in which they ended, with the time until which each is kept. */
  private readonly ended = new Map<KeptJournal, number>();
  private readonly freed = new Wakeup();

  constructor(private readonly limits: JournalLimits) {}

  /** Undefined when there is room for as many bytes. Else resolves when there is, and rejects with the signal's reason
   *  when `signal` aborts before.
   *  The run that began to write first never waits: so there is always one that can come to its end, and its size is
   *  bounded. While it takes more than there is, no new message is accepted (`hasRoom`), for that would only wait. */
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

  /** Readers that hold the log read on to its end. */
  forget(record: KeptJournal): void {
    this.open.delete(record);
    this.ended.delete(record);
    this.usedBytes -= record.journalBytes;
    record.journalBytes = 0;
    record.log = undefined;
    this.freed.wakeAll();
  }

  /** The journal alone, without what else its record holds: that may go. It is kept as long as there is room for it. */
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
