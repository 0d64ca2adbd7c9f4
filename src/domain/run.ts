import type { Choice } from './choice.js';
import type { Continuation } from './continuation.js';
import { type ErrorCode, RunEnded } from './errors.js';
import type { PromptContext } from './prompt-context.js';
import { isSameJson } from './same-json.js';
import type { TokenCounts } from './token-counts.js';

export const FINISH_REASONS = [
  'stop',
  'length',
  'content_filter',
  'tool_calls',
  'cancelled',
  'interrupted',
  'error',
] as const;
export const STOP_CAUSES = ['cancelled', 'interrupted'] as const;
export const ON_BUSY = ['reject', 'queue', 'interrupt'] as const;
export const ON_DISCONNECT = ['continue', 'cancel'] as const;

export type FinishReason = (typeof FINISH_REASONS)[number];
type EndedStatus = 'completed' | 'cancelled' | 'interrupted' | 'failed';
export type StopCause = (typeof STOP_CAUSES)[number];
export type OnBusy = (typeof ON_BUSY)[number];
export type OnDisconnect = (typeof ON_DISCONNECT)[number];

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
  /** The run whose turn this message takes back, with all that was said since. */
  readonly replaces?: string | undefined;
  /** It came without a content of its own: what that turn asked is asked again. */
  readonly asksAgain?: boolean | undefined;
  /** Ids of the calls that it settles, in the order given; its content is empty then. */
  readonly settles?: readonly string[] | undefined;
  /** Who is to answer, and how; undefined where it says nothing of that. */
  readonly choice?: Choice | undefined;
  /** It announces that its session goes over to the agent that it names. */
  readonly switching?: Switching | undefined;
}

export interface Switching {
  /** Why, in the client's words. */
  readonly reason?: string | undefined;
}

/** What a message takes back when its turn comes: the turn of one run, and every turn behind it. */
export interface TakenBack {
  /** The earliest run that ever stood where this message stands. */
  readonly from: string;
  /** How many messages stand before it. */
  readonly messagesBefore: number;
  /** What these take; undefined where an older version placed the message. */
  readonly bytesBefore?: number | undefined;
  /** How many of these no prompt holds. */
  readonly untoldBefore?: number | undefined;
  /** The title that the history has then; undefined where an older version placed the message. */
  readonly title?: string | undefined;
}

/** What is known of a run from its acceptance on, and never changes. */
export interface RunBirth {
  readonly id: string;
  readonly sessionId: string;
  /** Whose session it is, as a gateway named its user; undefined: nobody's. */
  readonly userId?: string | undefined;
  /** The HTTP request that was accepted, so that a log can be followed from it. */
  readonly requestId: string;
  readonly request: RunRequest;
  /** What applies when the last reader leaves. */
  readonly onDisconnect: OnDisconnect;
  readonly createdAt: Date;
  readonly takesBack?: TakenBack | undefined;
  /** It goes on with a turn, and has no user message of its own. */
  readonly continues?: Continuation | undefined;
  /** What the message leaves open, and its session or the turn that it asks again has chosen. */
  readonly inherited?: Choice | undefined;
  /** The agent that the session had before, where the message announces another one. */
  readonly switchedFrom?: string | undefined;
}

/** How far the writing of a run has come. */
export interface RunProgress {
  /** How often the upstream was called. */
  readonly attempts: number;
  /** How many processes have taken the run up so far. Only the last of them may write it. */
  readonly epoch: number;
  /** Why its writer is to stop, once somebody asked for that. */
  readonly stopCause: StopCause | undefined;
  /** What its prompt held; undefined where nobody was asked. */
  readonly context?: PromptContext | undefined;
  /** The full name of the model that was asked last, and so answered where there is an answer; undefined where none was
   *  asked. */
  readonly model?: string | undefined;
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

/** A run that nobody has looked at yet. */
export function newRun(birth: RunBirth): QueuedRun {
  const none = { finishReason: undefined, usage: undefined, error: undefined, endedAt: undefined };
  return { ...birth, ...none, status: 'queued', attempts: 0, epoch: 0, stopCause: undefined };
}

/** Its turn has come. */
interface RunningRun extends RunBirth, RunProgress, Unended {
  readonly status: 'running';
}

export interface EndedRun extends RunBirth, RunProgress {
  readonly status: EndedStatus;
  readonly finishReason: FinishReason;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly endedAt: Date;
  readonly isForgotten?: boolean;
}

/** One generation: the answer to one user message. queued -> running -> ended, and never back. */
export type Run = QueuedRun | RunningRun | EndedRun;

/** The right to write a run: what its holder shows, so that a store turns away who was replaced meanwhile. */
export type RunLease = Pick<Run, 'id' | 'sessionId' | 'userId' | 'epoch'>;

export interface RunEnding {
  readonly finishReason: FinishReason;
  readonly usage: Usage | undefined;
  readonly error: RunError | undefined;
  readonly at: Date;
  /** What its prompts had to count. */
  readonly counts?: TokenCounts | undefined;
}

export function isEnded(run: Run): run is EndedRun {
  return run.status !== 'queued' && run.status !== 'running';
}

/** Whether the run's first writer has it: nobody has claimed it since its turn came. */
export function isWithFirstWriter(run: Run): boolean {
  return run.status === 'running' && run.epoch === 1;
}

/** The run with its ending. Throws RunEnded: the first ending is the only one. */
export function endRun(run: Run, ending: RunEnding): EndedRun {
  if (isEnded(run)) throw new RunEnded(run.id);
  const { finishReason, usage, error, at } = ending;
  return { ...run, status: statusOf(finishReason), finishReason, usage, error, endedAt: at };
}

/** Whether a request is the one that started the run, sent again. */
export function isSameRequest({ request: before }: Run, request: RunRequest): boolean {
  const isSameText = before.asksAgain === true ? request.asksAgain === true : before.content === request.content;
  return (
    isSameText &&
    before.asksAgain === request.asksAgain &&
    before.replaces === request.replaces &&
    before.settles?.join() === request.settles?.join() &&
    before.onBusy === request.onBusy &&
    before.onDisconnect === request.onDisconnect &&
    isSameJson(before.choice, request.choice) &&
    isSameJson(before.switching, request.switching)
  );
}

function statusOf(finishReason: FinishReason): EndedStatus {
  if (finishReason === 'error') return 'failed';
  if (finishReason === 'cancelled' || finishReason === 'interrupted') return finishReason;
  return 'completed';
}
