import type { Clock } from '../../../../application/ports/clock.js';
import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import { JournalGap, RunNotFound } from '../../../../domain/errors.js';
import {
  beginAttempt,
  checkLease,
  hasEnding,
  isEnded,
  isWithFirstWriter,
  type Run,
  type RunLease,
  type StopCause,
} from '../../../../domain/run.js';
import { askToStop, queueOf, type RunRecord } from './memory-record.js';
import type { MemoryRecords } from './memory-records.js';

export class MemoryRunRepository implements RunRepository {
  constructor(
    private readonly records: MemoryRecords,
    private readonly clock: Clock,
  ) {}

  async find(runId: string): Promise<Run> {
    return this.record(runId).run;
  }

  async begin(lease: RunLease): Promise<Run> {
    const record = this.record(lease.id);
    const begun = beginAttempt(record.run);
    checkLease(record.run, lease);
    record.run = begun;
    return begun;
  }

  async end(lease: RunLease, { ending, text, lastSequence, handsOver }: FinishedReply): Promise<EndedTurn> {
    const record = this.record(lease.id);
    if (hasEnding(record.run, lease, ending)) return { run: record.run, next: nextOf(record) };
    if (!isEnded(record.run)) checkLease(record.run, lease);
    const last = record.log?.last ?? 0;
    if (record.log?.ended === false && last !== lastSequence) throw new JournalGap(lease.id, last, lastSequence);
    this.records.end(record, ending, text);
    this.promoteNext(record, handsOver);
    return { run: record.run, next: nextOf(record) };
  }

  async requestStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const record = this.record(runId);
    if (record.run.status === 'queued') this.endUnbegun(record, cause, at);
    else if (record.run.status === 'running') askToStop(record, cause);
    return record.run;
  }

  async stopRequest(runId: string, signal: AbortSignal): Promise<StopCause | undefined> {
    try {
      return await this.record(runId).stop.heard(signal);
    } catch (error) {
      if (error instanceof RunNotFound) return 'cancelled';
      throw error;
    }
  }

  private endUnbegun(record: RunRecord, finishReason: StopCause, at: Date): void {
    this.records.end(record, { finishReason, usage: undefined, error: undefined, at }, '');
  }

  /** The session's next queued run becomes the active one. */
  private promoteNext(record: RunRecord, handsOver: boolean): void {
    const next = queueOf(record.session)[0];
    record.session.active = next;
    if (next === undefined) return;
    if (handsOver) {
      this.records.handOver(next);
      return;
    }
    this.records.takeUp(next, this.now());
    record.next = next;
  }

  private record(runId: string): RunRecord {
    return this.records.run(runId, this.now());
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

/** The run that its writer was given when it ended, and still has. */
function nextOf({ next }: RunRecord): Run | undefined {
  return next !== undefined && isWithFirstWriter(next.run) ? next.run : undefined;
}
