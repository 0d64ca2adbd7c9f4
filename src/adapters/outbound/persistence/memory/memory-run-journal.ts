import type { Clock } from '../../../../application/ports/clock.js';
import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunEnded, RunNotFound } from '../../../../domain/errors.js';
import { headHeldBy } from '../../../../domain/held-head.js';
import type { RunLease } from '../../../../domain/run.js';
import { charactersIn, type JournalledEvent } from '../../../../domain/run-event.js';
import { fenceOf } from '../../../../domain/session-head.js';
import type { KeptRun } from './kept-session.js';
import { EVENT_BYTES, textBytes } from './memory-bytes.js';
import type { MemoryEventLog } from './memory-event-log.js';
import type { KeptJournal, MemoryJournalBudget } from './memory-journal-budget.js';
import type { MemorySessions } from './memory-sessions.js';

export class MemoryRunJournal implements RunJournal {
  /** The append of each run that waits for room. A later append of the run stays behind it. */
  private readonly waiting = new Map<string, Promise<unknown>>();

  constructor(
    private readonly sessions: MemorySessions,
    private readonly budget: MemoryJournalBudget,
    private readonly clock: Clock,
  ) {}

  append(lease: RunLease, chunks: readonly JournalledEvent[], signal: AbortSignal): Promise<void> | undefined {
    const ahead = this.waiting.get(lease.id);
    return ahead === undefined ? this.add(lease, chunks, signal) : ahead.then(() => this.append(lease, chunks, signal));
  }

  private add(lease: RunLease, chunks: readonly JournalledEvent[], signal: AbortSignal): Promise<void> | undefined {
    try {
      const run = this.runHeldBy(lease);
      const log = this.logOf(run, lease.id);
      const added = log.unknownOf(chunks);
      const bytes = bytesOf(added);
      const room = this.budget.room(run, bytes, signal);
      if (room !== undefined) return this.addLater(room, lease, chunks, signal);
      this.budget.add(run, bytes);
      log.append(added);
      return undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async position(runId: string): Promise<JournalPosition> {
    const run = this.sessions.findRun(runId, this.now());
    if (run === undefined) throw new RunNotFound(runId);
    const { last, ended } = this.logOf(run, runId);
    return { last, ended };
  }

  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    const journal = this.sessions.findJournal(runId, this.now());
    if (journal === undefined) throw new RunNotFound(runId);
    const log = this.logOf(journal, runId);
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
    chunks: readonly JournalledEvent[],
    signal: AbortSignal,
  ): Promise<void> {
    const adding = room.then(() => this.add(lease, chunks, signal));
    const over: Promise<unknown> = adding
      .catch(() => {})
      .then(() => this.waiting.get(lease.id) === over && this.waiting.delete(lease.id));
    this.waiting.set(lease.id, over);
    return adding;
  }

  /** Throws RunNotFound, RunEnded, LeaseLost. */
  private runHeldBy(lease: RunLease): KeptRun {
    const run = this.sessions.findRun(lease.id, this.now());
    if (run === undefined) throw new RunNotFound(lease.id);
    const { fence, head } = run.session;
    if (fence !== fenceOf(lease))
      headHeldBy({ head, runs: new Map([[lease.id, run.record]]), keyed: undefined }, lease);
    if (run.log === undefined || run.log.ended) throw new RunEnded(lease.id);
    return run;
  }

  private logOf({ log }: KeptJournal, runId: string): MemoryEventLog {
    if (log === undefined) throw new ResumeExpired(runId);
    return log;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

function bytesOf(chunks: readonly JournalledEvent[]): number {
  return chunks.reduce((bytes, event) => bytes + bytesIn(event) + EVENT_BYTES, 0);
}

function bytesIn(event: JournalledEvent): number {
  // The engine keeps two bytes a character where one of them is no Latin letter.
  return event.type === 'text-delta' ? textBytes(event.text) : 2 * charactersIn(event);
}
