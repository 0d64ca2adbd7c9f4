import type { ErrorCode } from './errors.js';
import { LeaseLost, RunEnded } from './errors.js';

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'cancelled' | 'interrupted' | 'error';
type EndedStatus = 'completed' | 'cancelled' | 'interrupted' | 'failed';
type RunStatus = 'queued' | 'running' | EndedStatus;
export type StopCause = 'cancelled' | 'interrupted';
export type OnBusy = 'reject' | 'queue' | 'interrupt';
export type OnDisconnect = 'continue' | 'cancel';

/** Tokens as the upstream counted them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

export interface RunError {
  readonly code: ErrorCode;
  /** For people; never a provider's text. */
  readonly message: string;
  readonly retryable: boolean;
}

/** What a client asked for, as it asked: a repeat is recognised by comparing these. */
export interface RunRequest {
  readonly content: string;
  readonly onBusy: OnBusy | undefined;
  readonly onDisconnect: OnDisconnect | undefined;
}

/** One generation: the answer to one user message. queued -> running -> ended, and never back. */
export interface Run {
  readonly id: string;
  readonly sessionId: string;
  /** The HTTP request that was accepted, so that a log can be followed from it. */
  readonly requestId: string;
  readonly request: RunRequest;
  /** What applies when the last reader leaves. */
  readonly onDisconnect: OnDisconnect;
  readonly status: RunStatus;
  /** How often the upstream was called. */
  readonly attempts: number;
  /** How many processes have taken the run up so far. Only the last of them may write it. */
  readonly epoch: number;
  /** Why its writer is to stop, once somebody asked for that. */
  readonly stopCause: StopCause | undefined;
  readonly finishReason: FinishReason | undefined;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

/** The right to write a run: what its holder shows, so that a store turns away who was replaced meanwhile. */
export type RunLease = Pick<Run, 'id' | 'sessionId' | 'epoch'>;

export interface RunEnding {
  readonly finishReason: FinishReason;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly at: Date;
}

export function isEnded(run: Run): boolean {
  return run.status !== 'queued' && run.status !== 'running';
}

/** Throws LeaseLost unless the run is still the lease's holder's to write. One that nobody has taken up has no holder. */
export function checkLease(run: Run, { epoch }: RunLease): void {
  if (epoch === 0 || run.epoch !== epoch) throw new LeaseLost(run.id);
}

/** Whether the run's first writer has it: nobody has claimed it since its turn came. */
export function isWithFirstWriter(run: Run): boolean {
  return run.status === 'running' && run.epoch === 1;
}

/** The run in the hands of a new writer. */
export function takeUp(run: Run): Run {
  return { ...run, status: 'running', epoch: run.epoch + 1 };
}

/** The run with one more attempt begun. Throws RunEnded. */
export function beginAttempt(run: Run): Run {
  if (isEnded(run)) throw new RunEnded(run.id);
  return { ...run, status: 'running', attempts: run.attempts + 1 };
}

/** The run with its ending. Throws RunEnded: the first ending is the only one. */
export function endRun(run: Run, ending: RunEnding): Run {
  if (isEnded(run)) throw new RunEnded(run.id);
  const { finishReason, usage, error, at } = ending;
  return { ...run, status: statusOf(finishReason), finishReason, usage, error, endedAt: at };
}

/** Whether this is the ending that the run has, given again by the one who gave it. */
export function hasEnding(run: Run, { epoch }: RunLease, { finishReason, at }: RunEnding): boolean {
  return run.epoch === epoch && run.finishReason === finishReason && run.endedAt?.getTime() === at.getTime();
}

/** Whether a request is the one that started the run, sent again. */
export function isSameRequest(run: Run, request: RunRequest): boolean {
  return (
    run.request.content === request.content &&
    run.request.onBusy === request.onBusy &&
    run.request.onDisconnect === request.onDisconnect
  );
}

function statusOf(finishReason: FinishReason): EndedStatus {
  if (finishReason === 'error') return 'failed';
  if (finishReason === 'cancelled' || finishReason === 'interrupted') return finishReason;
  return 'completed';
}
