import type { Clock } from '../../application/ports/clock.js';
import type { EndedTurn, FinishedReply, RunRepository } from '../../application/ports/run-repository.js';
import type { Attempt } from '../../domain/attempt.js';
import type { CallResult } from '../../domain/reply-step.js';
import type { Run, RunLease, StopCause } from '../../domain/run.js';
import type { Metrics } from './metrics.js';
import { StoreCalls } from './store-calls.js';

/** Any runs, with their calls timed and their waits and endings counted. */
export class MeteredRunRepository implements RunRepository {
  private readonly calls: StoreCalls;

  constructor(
    private readonly runs: RunRepository,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {
    this.calls = new StoreCalls(metrics);
  }

  find(runId: string): Promise<Run> {
    return this.calls.timed('find_run', this.runs.find(runId));
  }

  async beginAttempt(lease: RunLease, attempt: Attempt): Promise<Run> {
    const run = await this.calls.timed('begin_attempt', this.runs.beginAttempt(lease, attempt));
    if (run.attempts === 1) this.metrics.queueWait.observe(seconds(run.createdAt, this.clock.now()));
    return run;
  }

  keepResults(lease: RunLease, results: readonly CallResult[]): Promise<void> {
    return this.calls.timed('keep_results', this.runs.keepResults(lease, results));
  }

  async end(lease: RunLease, reply: FinishedReply): Promise<EndedTurn> {
    const ended = await this.calls.timed('end', this.runs.end(lease, reply));
    this.countEnding(ended.run);
    return ended;
  }

  /** A queued run has no writer: this is its end. */
  async askToStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const run = await this.calls.timed('ask_to_stop', this.runs.askToStop(runId, cause, at));
    if (run.attempts === 0 && run.endedAt?.getTime() === at.getTime()) this.countEnding(run);
    return run;
  }

  forget(runId: string): Promise<Run> {
    return this.calls.timed('forget_run', this.runs.forget(runId));
  }

  /** Waits as long as the run goes on: how long says nothing of the store. */
  untilStopped(lease: RunLease, signal: AbortSignal): Promise<StopCause | undefined> {
    return this.runs.untilStopped(lease, signal);
  }

  private countEnding({ createdAt, endedAt, finishReason, error, usage }: Run): void {
    this.metrics.runsEnded.inc({ finish_reason: finishReason });
    if (error !== undefined) this.metrics.runFailures.inc({ code: error.code });
    if (endedAt !== undefined) this.metrics.runDuration.observe(seconds(createdAt, endedAt));
    if (usage === undefined) return;
    this.metrics.upstreamTokens.inc({ direction: 'input' }, usage.inputTokens);
    this.metrics.upstreamTokens.inc({ direction: 'output' }, usage.outputTokens);
  }
}

/** Another process, with another clock, may have accepted the run. */
function seconds(from: Date, to: Date): number {
  return Math.max(0, to.getTime() - from.getTime()) / 1000;
}
