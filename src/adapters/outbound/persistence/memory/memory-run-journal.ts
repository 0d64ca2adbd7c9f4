import type { Clock } from '../../../../application/ports/clock.js';
import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunEnded, RunNotFound } from '../../../../domain/errors.js';
import { checkLease, type RunLease } from '../../../../domain/run.js';
import type { TokenChunk } from '../../../../domain/token-chunk.js';
import { EVENT_BYTES, textBytes } from './memory-bytes.js';
import type { MemoryEventLog } from './memory-event-log.js';
import type { KeptJournal, MemoryJournalBudget } from './memory-journal-budget.js';
import type { RunRecord } from './memory-record.js';
import type { MemoryRecords } from './memory-records.js';

export class MemoryRunJournal implements RunJournal {
  /** By run, the append that waits for room: those that come later stay behind it. */
  private readonly waiting = new Map<string, Promise<unknown>>();

  constructor(
    private readonly records: MemoryRecords,
    private readonly budget: MemoryJournalBudget,
    private readonly clock: Clock,
  ) {}

  append(lease: RunLease, chunks: readonly TokenChunk[], signal: AbortSignal): Promise<void> | undefined {
    const ahead = this.waiting.get(lease.id);
    return ahead === undefined ? this.add(lease, chunks, signal) : ahead.then(() => this.append(lease, chunks, signal));
  }

  private add(lease: RunLease, chunks: readonly TokenChunk[], signal: AbortSignal): Promise<void> | undefined {
    try {
      const record = this.records.run(lease.id, this.now());
      const added = this.unknownOf(record, lease, chunks);
      const bytes = bytesOf(added);
      const room = this.budget.room(record, bytes, signal);
      if (room !== undefined) return this.addLater(room, lease, chunks, signal);
      if (record.log === undefined) throw new RunNotFound(lease.id);
      this.budget.add(record, bytes);
      record.log.append(added);
      return undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async position(runId: string): Promise<JournalPosition> {
    const { last, ended } = this.logOf(this.records.run(runId, this.now()), runId);
    return { last, ended };
  }

  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    const log = this.logOf(this.records.leftOf(runId, this.now()) ?? this.records.run(runId, this.now()), runId);
    let position = after;
    while (!signal.aborted && !(log.ended && position >= log.last)) {
      const batch = log.after(position);
      position += batch.length;
      const taking = batch.length > 0 ? take(batch) : log.change(signal);
      if (taking !== undefined) await taking;
    }
  }

  private addLater(
    room: Promise<void>,
    lease: RunLease,
    chunks: readonly TokenChunk[],
    signal: AbortSignal,
  ): Promise<void> {
    const adding = room.then(() => this.add(lease, chunks, signal));
    const over: Promise<unknown> = adding
      .catch(() => {})
      .then(() => this.waiting.get(lease.id) === over && this.waiting.delete(lease.id));
    this.waiting.set(lease.id, over);
    return adding;
  }

  /** What an append would add. */
  private unknownOf({ run, log }: RunRecord, lease: RunLease, chunks: readonly TokenChunk[]): readonly TokenChunk[] {
    if (log === undefined || log.ended) throw new RunEnded(run.id);
    checkLease(run, lease);
    return log.unknownOf(chunks);
  }

  private logOf({ log }: KeptJournal, runId: string): MemoryEventLog {
    if (log === undefined) throw new ResumeExpired(runId);
    return log;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

function bytesOf(chunks: readonly TokenChunk[]): number {
  return chunks.reduce((bytes, { text }) => bytes + textBytes(text) + EVENT_BYTES, 0);
}
