import type { Clock } from '../../../../application/ports/clock.js';
import type { JournalPosition, RunJournal } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import { type TokenChunk, utf8Length } from '../../../../domain/token-chunk.js';
import type { MemoryEventLog } from './memory-event-log.js';
import type { MemoryJournalBudget } from './memory-journal-budget.js';
import type { MemoryRecords } from './memory-records.js';

/** What an event takes besides its text, about. */
const EVENT_BYTES = 64;

export class MemoryRunJournal implements RunJournal {
  constructor(
    private readonly records: MemoryRecords,
    private readonly budget: MemoryJournalBudget,
    private readonly clock: Clock,
  ) {}

  async append(runId: string, chunks: readonly TokenChunk[], signal: AbortSignal): Promise<void> {
    const record = this.records.run(runId, this.now());
    const bytes = bytesOf(this.log(runId).unknownOf(chunks));
    await this.budget.room(record, bytes, signal);
    if (record.log === undefined) throw new RunNotFound(runId);
    record.log.append(chunks);
    this.budget.add(record, bytes);
  }

  async position(runId: string): Promise<JournalPosition> {
    const { last, ended } = this.log(runId);
    return { last, ended };
  }

  async *read(runId: string, after: number, signal: AbortSignal): AsyncGenerator<readonly RunEvent[]> {
    yield* this.log(runId).read(after, signal);
  }

  private log(runId: string): MemoryEventLog {
    const { log } = this.records.run(runId, this.now());
    if (log === undefined) throw new ResumeExpired(runId);
    return log;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

function bytesOf(chunks: readonly TokenChunk[]): number {
  return chunks.reduce((bytes, { text }) => bytes + utf8Length(text) + EVENT_BYTES, 0);
}
