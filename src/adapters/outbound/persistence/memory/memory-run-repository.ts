import type { Clock } from '../../../../application/ports/clock.js';
import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import { JournalGap, RunNotFound } from '../../../../domain/errors.js';
import { beginAttempt, checkLease, isEnded, type Run, type RunLease, type StopCause } from '../../../../domain/run.js';
import { askToStop, type MemoryRecords, queueOf, type RunRecord, type SessionRecord } from './memory-records.js';

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
    if (!isEnded(record.run)) checkLease(record.run, lease);
    const last = record.log?.last ?? 0;
    if (record.log?.ended === false && last !== lastSequence) throw new JournalGap(lease.id, last, lastSequence);
    this.records.end(record, ending, text);
    return { run: record.run, next: this.promoteNext(record.session, handsOver) };
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
  private promoteNext(session: SessionRecord, handsOver: boolean): Run | undefined {
    const next = queueOf(session)[0];
    session.active = next;
    if (next === undefined) return undefined;
    if (handsOver) {
      this.records.handOver(next);
      return undefined;
    }
    this.records.takeUp(next, this.now());
    return next.run;
  }

  private record(runId: string): RunRecord {
    return this.records.run(runId, this.now());
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
