import type { ErrorCode } from './errors.js';
import { LeaseLost, RunEnded } from './errors.js';

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'cancelled' | 'interrupted' | 'error';
type EndedStatus = 'completed' | 'cancelled' | 'interrupted' | 'failed';
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

/** What is known of a run from its acceptance on, and never changes. */
export interface RunBirth {
  readonly id: string;
  readonly sessionId: string;
  /** The HTTP request that was accepted, so that a log can be followed from it. */
  readonly requestId: string;
  readonly request: RunRequest;
  /** What applies when the last reader leaves. */
  readonly onDisconnect: OnDisconnect;
  readonly createdAt: Date;
}

/** How far the writing of a run has come. */
export interface RunProgress {
  /** How often the upstream was called. */
  readonly attempts: number;
  /** How many processes have taken the run up so far. Only the last of them may write it. */
  readonly epoch: number;
  /** Why its writer is to stop, once somebody asked for that. */
  readonly stopCause: StopCause | undefined;
}

interface Unended {
  readonly finishReason: undefined;
  readonly usage: undefined;
  readonly error: undefined;
  readonly endedAt: undefined;
}

/** It waits for its turn: nobody has written any of it. */
export interface QueuedRun extends RunBirth, RunProgress, Unended {
  readonly status: 'queued';
}

/** Its turn has come. */
export interface RunningRun extends RunBirth, RunProgress, Unended {
  readonly status: 'running';
}

export interface EndedRun extends RunBirth, RunProgress {
  readonly status: EndedStatus;
  readonly finishReason: FinishReason;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly endedAt: Date;
}

/** One generation: the answer to one user message. queued -> running -> ended, and never back. */
export type Run = QueuedRun | RunningRun | EndedRun;

/** The right to write a run: what its holder shows, so that a store turns away who was replaced meanwhile. */
export type RunLease = Pick<Run, 'id' | 'sessionId' | 'epoch'>;

export interface RunEnding {
  readonly finishReason: FinishReason;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly at: Date;
}

/** The fields of a run, as a store keeps them side by side. */
export interface RunFields extends RunBirth, RunProgress {
  readonly status: Run['status'];
  readonly finishReason: FinishReason | undefined;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly endedAt: Date | undefined;
}

/** The run that they make. */
export function runOf(fields: RunFields): Run {
  const { finishReason, endedAt, usage, error } = fields;
  const status = fields.status === 'queued' ? fields.status : 'running';
  const none = { finishReason: undefined, usage: undefined, error: undefined, endedAt: undefined };
  const run: Run = { ...fields, ...none, status };
  return finishReason === undefined || endedAt === undefined
    ? run
    : endRun(run, { finishReason, usage, error, at: endedAt });
}

export function isEnded(run: Run): run is EndedRun {
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

/** The run in the hands of a new writer. Throws RunEnded. */
export function takeUp(run: Run): RunningRun {
  if (isEnded(run)) throw new RunEnded(run.id);
  return { ...run, status: 'running', epoch: run.epoch + 1 };
}

/** The run whose turn it is, and that nobody has taken up yet. Throws RunEnded. */
export function handOver(run: Run): RunningRun {
  if (isEnded(run)) throw new RunEnded(run.id);
  return { ...run, status: 'running' };
}

/** The run with one more attempt begun. Throws RunEnded. */
export function beginAttempt(run: Run): RunningRun {
  if (isEnded(run)) throw new RunEnded(run.id);
  return { ...run, status: 'running', attempts: run.attempts + 1 };
}

/** The run with its ending. Throws RunEnded: the first ending is the only one. */
export function endRun(run: Run, ending: RunEnding): EndedRun {
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
