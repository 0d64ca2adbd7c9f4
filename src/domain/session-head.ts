import { lastOf, NOTHING_OUTLINED } from './outline.js';
import type { ReplyStep } from './reply-step.js';
import type { QueuedRun, Run, RunBirth, RunEnding, RunLease, RunProgress, StopCause, TakenBack } from './run.js';
import { endRun } from './run.js';
import type { Session } from './session.js';
import { type Metadata, NO_METADATA } from './session-labels.js';
import { NOTHING_SAID, type SessionSize } from './session-size.js';
import type { WaitingTurn } from './waiting-turn.js';

/** What changes in the life of a session. It stays small, whatever was said: texts are records of their own, written
 *  once. A newer version may have written fields that this one does not know. Every step takes them along, so a head is
 *  only ever made from the one before it. */
export interface SessionHead {
  readonly id: string;
  /** Whose it is; undefined: nobody's. */
  readonly userId?: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When it changed before `updatedAt`: the latest time, then how much earlier each one before was. */
  readonly formerUpdates?: readonly number[] | undefined;
  readonly messageCount: number;
  readonly active: ActiveRun | undefined;
  /** Ids of the runs that wait, in the order of their turns. */
  readonly queue: readonly string[];
  /** Those in the queue that were stopped there: they keep their place in the history. */
  readonly stopped: readonly string[];
  /** What those in the queue take back when their turn comes. */
  readonly rewinds?: readonly Rewind[] | undefined;
  /** The turn that goes on when its calls are settled; nothing runs then. */
  readonly waiting?: WaitingTurn | undefined;
  /** Turns were taken back: not all that the store holds is history. */
  readonly wasRewound?: boolean | undefined;
  /** Who the last message was for; undefined where none has named anybody. */
  readonly agent?: string | undefined;
  /** It is in no list: its first message was a run of a client that keeps its own history. */
  readonly isUnlisted?: boolean | undefined;
  /** What the history takes; undefined where an older version kept the head. */
  readonly size?: SessionSize | undefined;
  /** What somebody has called it; undefined where it has the title that its history gives it. */
  readonly title?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

export interface Rewind extends Omit<TakenBack, 'from'> {
  readonly runId: string;
}

/** The one run whose turn it is. */
export interface ActiveRun extends RunProgress {
  readonly id: string;
  /** The process that writes it; undefined while it is handed over. */
  readonly writer: string | undefined;
}

/** What became of a run. Written once, but for what becomes of the calls that it asked for. */
export interface RunOutcome extends RunEnding, RunProgress {
  /** The run that its writer was given when it ended. */
  readonly next: string | undefined;
  /** The answers of the model that asked for calls, in their order. */
  readonly steps?: readonly ReplyStep[] | undefined;
  /** The run that went on with the turn was refused for what the turn says. */
  readonly isRefused?: boolean | undefined;
  /** Whoever began it does not want to read it again. */
  readonly isForgotten?: boolean | undefined;
  /** The run that went on when its calls were settled. */
  readonly continuedBy?: string | undefined;
}

/** What is kept of a run besides its texts. */
export interface RunRecord {
  readonly birth: RunBirth;
  readonly outcome: RunOutcome | undefined;
}

/** A session as it was seen: its head, and those of its runs that were asked for. */
export interface SeenSession {
  readonly head: SessionHead | undefined;
  readonly runs: ReadonlyMap<string, RunRecord>;
  /** The run that an idempotency key started. */
  readonly keyed: RunRecord | undefined;
}

export function newHead({ sessionId, userId, createdAt, request }: RunBirth): SessionHead {
  const owned = userId === undefined ? undefined : { userId };
  const head = { id: sessionId, ...owned, createdAt, updatedAt: createdAt, messageCount: 0 };
  const shown = request.choice?.transcript === undefined ? undefined : { isUnlisted: true };
  return { ...head, active: undefined, queue: [], stopped: [], ...shown, size: NOTHING_SAID };
}

export function sessionIn(head: SessionHead): Session {
  const { id, userId, createdAt, updatedAt, messageCount, active, waiting, agent, queue, size } = head;
  const status = active !== undefined ? 'running' : waiting !== undefined ? 'waiting' : 'idle';
  const queuedRuns = waitingIn(head).length;
  return {
    id,
    createdAt,
    updatedAt,
    messageCount,
    tellableCount: messageCount - queue.length - (size?.untold ?? 0),
    status,
    activeRunId: active?.id,
    askedBy: waiting?.runId,
    queuedRuns,
    ...shownOf(head),
    ...(userId !== undefined && { userId }),
    ...(agent !== undefined && { agent }),
  };
}

/** What a list shows of it; of one that an older version kept nothing, until its history is read for that. */
function shownOf({ title, metadata = NO_METADATA, queue, size }: SessionHead) {
  const { outline = NOTHING_OUTLINED } = size ?? {};
  const shown = { title: title ?? outline.title ?? '', isTitled: title !== undefined, metadata };
  return { ...shown, preview: lastOf(outline, queue), usage: outline.usage };
}

/** The queue without those that were stopped in it. */
export function waitingIn({ queue, stopped }: SessionHead): readonly string[] {
  return stopped.length === 0 ? queue : queue.filter((runId) => !stopped.includes(runId));
}

/** A run as it stands. */
export function runIn({ active }: Pick<SessionHead, 'active'>, { birth, outcome }: RunRecord): Run {
  const none = { finishReason: undefined, usage: undefined, error: undefined, endedAt: undefined };
  const progress = outcome ?? (active?.id === birth.id ? active : UNBEGUN);
  const { attempts, epoch, stopCause, model, context } = progress;
  const run = {
    ...birth,
    ...none,
    attempts,
    epoch,
    stopCause,
    ...(model !== undefined && { model }),
    ...(context && { context }),
  };
  const open: Run = progress === UNBEGUN ? { ...run, status: 'queued' } : { ...run, status: 'running' };
  return outcome === undefined ? open : { ...endRun(open, outcome), ...(outcome.isForgotten && FORGOTTEN) };
}

/** The same for a run that was just accepted into a queue. */
export function birthOf({ id, sessionId, userId, requestId, request, onDisconnect, createdAt }: QueuedRun): RunBirth {
  const owned = userId === undefined ? undefined : { userId };
  return { id, sessionId, ...owned, requestId, request, onDisconnect, createdAt };
}

/** Whether the history up to the active run is that run's own message, and nothing else. */
export function beginsHistory({ active, messageCount, queue }: SessionHead, { id, continues }: RunBirth): boolean {
  return active?.id === id && continues === undefined && messageCount - queue.length === 1;
}

/** Whether nothing goes on, and nothing is waited for. */
export function isIdle({ active, waiting }: SessionHead): boolean {
  return active === undefined && waiting === undefined;
}

/** Who may write the session: a name that changes with every new writer. */
export function fenceOf({ id, epoch }: Pick<RunLease, 'id' | 'epoch'>): string {
  return `${id}:${epoch}`;
}

/** Undefined when nobody may: nothing runs, or the run is handed over. */
export function fenceIn({ active }: SessionHead): string | undefined {
  return active === undefined || active.epoch === 0 ? undefined : fenceOf(active);
}

/** When somebody is to look at a session after a step, in milliseconds: at once where nobody writes its run, else when
 *  its writer was not heard of for a whole lease. Only a new writer begins a new time: what others do tells nothing of
 *  whoever writes. */
export function dueAfter(
  before: SessionHead | undefined,
  { active, waiting }: SessionHead,
  leaseMilliseconds: number,
): Due {
  if (active === undefined) return waiting === undefined ? 'never' : 'unchanged';
  if (before?.active?.id === active.id && before.active.epoch === active.epoch) return 'unchanged';
  return active.epoch === 0 ? 0 : leaseMilliseconds;
}

export type Due = number | 'never' | 'unchanged';

/** Why the writer of a run is to stop: what it was asked, or `cancelled` where its run is gone. Undefined: it may go
 *  on. */
export function stopCauseIn(head: SessionHead | undefined, runId: string): StopCause | undefined {
  return head?.active?.id === runId ? head.active.stopCause : 'cancelled';
}

const FORGOTTEN = { isForgotten: true };

const UNBEGUN: RunProgress = { attempts: 0, epoch: 0, stopCause: undefined };
