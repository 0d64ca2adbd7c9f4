import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { EndedTurn, FinishedReply, RunRepository } from '../../application/ports/run-repository.js';
import type { Attempt } from '../../domain/attempt.js';
import type { CallResult } from '../../domain/reply-step.js';
import type { Run, RunLease, StopCause } from '../../domain/run.js';

/** Any runs; how one ended is told by the span of its writing. */
export class TracedRunRepository implements RunRepository {
  constructor(private readonly runs: RunRepository) {}

  find(runId: string): Promise<Run> {
    return this.runs.find(runId);
  }

  beginAttempt(lease: RunLease, attempt: Attempt): Promise<Run> {
    return this.runs.beginAttempt(lease, attempt);
  }

  keepResults(lease: RunLease, results: readonly CallResult[]): Promise<void> {
    return this.runs.keepResults(lease, results);
  }

  async end(lease: RunLease, reply: FinishedReply): Promise<EndedTurn> {
    const ended = await this.runs.end(lease, reply);
    const { attempts, finishReason, error } = ended.run;
    const span = trace.getActiveSpan();
    span?.setAttributes({ 'agent_runtime.run.attempts': attempts, 'agent_runtime.run.finish_reason': finishReason });
    if (error !== undefined) span?.setAttribute('error.type', error.code).setStatus({ code: SpanStatusCode.ERROR });
    return ended;
  }

  askToStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    return this.runs.askToStop(runId, cause, at);
  }

  forget(runId: string): Promise<Run> {
    return this.runs.forget(runId);
  }

  untilStopped(lease: RunLease, signal: AbortSignal): Promise<StopCause | undefined> {
    return this.runs.untilStopped(lease, signal);
  }
}
