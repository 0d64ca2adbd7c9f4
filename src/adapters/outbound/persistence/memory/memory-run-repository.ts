import type { Clock } from '../../../../application/ports/clock.js';
import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import { JournalGap, RunNotFound } from '../../../../domain/errors.js';
import { beginAttempt, type Run, type StopCause } from '../../../../domain/run.js';
import { type MemoryRecords, queueOf, type RunRecord, type SessionRecord } from './memory-records.js';

export class MemoryRunRepository implements RunRepository {
  constructor(
    private readonly records: MemoryRecords,
    private readonly clock: Clock,
  ) {}

  async find(runId: string): Promise<Run> {
    return this.record(runId).run;
  }

  async begin(runId: string): Promise<Run> {
    const record = this.record(runId);
    record.run = beginAttempt(record.run);
    return record.run;
  }

  async end(runId: string, { ending, text, lastSequence }: FinishedReply): Promise<EndedTurn> {
    const record = this.record(runId);
    const last = record.log?.last ?? 0;
    if (record.log?.ended === false && last !== lastSequence) throw new JournalGap(runId, last, lastSequence);
    this.records.end(record, ending, text);
    return { run: record.run, next: promoteNext(record.session) };
  }

  async requestStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const record = this.record(runId);
    if (record.run.status === 'queued') this.endUnbegun(record, cause, at);
    else record.stop.ask(cause);
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

  private record(runId: string): RunRecord {
    return this.records.run(runId, this.clock.now().getTime());
  }
}

/** The session's next queued run becomes the active one. */
function promoteNext(session: SessionRecord): Run | undefined {
  const next = queueOf(session)[0];
  session.active = next;
  if (next === undefined) return undefined;
  next.run = { ...next.run, status: 'running' };
  return next.run;
}
