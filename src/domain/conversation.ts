import { LeaseLost, Overloaded, QueueFull, RunEnded, RunNotFound } from './errors.js';
import type { OnBusy, RunBirth, RunEnding, RunLease, StopCause } from './run.js';
import { endEvents } from './run-event.js';
import { placeOf } from './session.js';
import type { JournalEnding, SessionChange } from './session-change.js';
import {
  type ActiveRun,
  fenceIn,
  fenceOf,
  type SeenSession,
  type SessionHead,
  sessionIn,
  waitingIn,
} from './session-head.js';

/** What may happen to a session, and what becomes of it then. Everything here decides on what was seen, and changes nothing. */

/** A run that is stopped in the queue keeps its place, and so a head may not collect them without end. */
const MAX_STOPPED = 64;

export interface NewRun {
  readonly birth: RunBirth;
  readonly onBusy: OnBusy;
  readonly queueLimit: number;
  readonly replicaIsFull: boolean;
  /** The process that writes the run, if its turn is now. */
  readonly writer: string;
}

/** A message gets its place. Throws SessionBusy, QueueFull, Overloaded. */
export function accept(head: SessionHead | undefined, turn: NewRun): SessionChange {
  const { birth, writer } = turn;
  const known = head ?? newHead(birth);
  const place = placeOf(sessionIn(known), turn.onBusy, turn.queueLimit);
  if (place === 'now' && turn.replicaIsFull)
    throw new Overloaded('This replica is writing as many answers as it can; send the message again.');
  if (known.stopped.length >= MAX_STOPPED) throw new QueueFull(MAX_STOPPED);
  const counted = noted({ ...known, updatedAt: birth.createdAt, messageCount: known.messageCount + 1 }, birth);
  if (place === 'now') {
    const head = { ...rewoundFor(counted, birth.id), active: firstTaken(birth.id, writer) };
    return { head, begun: [birth.id], birth };
  }
  if (place === 'last') return { head: { ...counted, queue: [...known.queue, birth.id] }, birth };
  return { ...askToStop({ ...counted, queue: [birth.id, ...known.queue] }, 'interrupted'), birth };
}

/** One more call of the model is counted. Throws RunNotFound, RunEnded, LeaseLost. */
export function beginAttempt(seen: SeenSession, lease: RunLease): SessionChange {
  const head = headHeldBy(seen, lease);
  const active = { ...head.active, attempts: head.active.attempts + 1 };
  return { head: { ...head, active } };
}

/** What a run has written when it ends. */
export interface WrittenText {
  readonly text: string;
  /** The number of the last event that was journalled. */
  readonly lastSequence: number;
}

/** The run ends and the next one gets its turn: in the hands of `writer`, or handed over where that is undefined.
 *  Throws RunNotFound, RunEnded, LeaseLost. */
export function end(
  seen: SeenSession,
  lease: RunLease,
  ending: RunEnding,
  { text, lastSequence }: WrittenText,
  writer: string | undefined,
): SessionChange {
  const held = headHeldBy(seen, lease);
  const { id, epoch, attempts, stopCause } = held.active;
  const messageCount = held.messageCount + (text === '' ? 0 : 1);
  const { head, begun } = nextTurn({ ...held, messageCount, updatedAt: ending.at }, writer);
  const next = writer === undefined ? undefined : head.active?.id;
  return {
    head,
    begun,
    outcomes: [{ runId: id, outcome: { ...ending, epoch, attempts, stopCause, next }, answer: text }],
    endings: [{ runId: id, after: lastSequence, events: endEvents(ending, lastSequence + 1) }],
  };
}

/** A running run is asked to stop, and one that waits ends there and then. Undefined where there is nothing to do: the run has
 *  ended, or was asked before (the first cause counts). Throws RunNotFound. */
export function stop(
  { head, runs }: SeenSession,
  runId: string,
  cause: StopCause,
  at: Date,
): SessionChange | undefined {
  if (head === undefined || !runs.has(runId)) throw new RunNotFound(runId);
  if (head.active?.id === runId) return head.active.stopCause === undefined ? askToStop(head, cause) : undefined;
  if (!waitingIn(head).includes(runId)) return undefined;
  const { outcome, journal } = unwritten(runId, cause, at);
  return {
    head: { ...stoppedInQueue(head, runId), updatedAt: at },
    outcomes: [{ runId, outcome, answer: '' }],
    endings: [journal],
  };
}

/** The active run gets a new writer; undefined where there is none to get one. */
export function claim(head: SessionHead, writer: string): SessionChange | undefined {
  const { active } = head;
  return active && { head: { ...head, active: { ...active, epoch: active.epoch + 1, writer } } };
}

/** The endings of all that is open, when the session is deleted. */
export function endAll(head: SessionHead, at: Date): readonly JournalEnding[] {
  const waiting = waitingIn(head);
  const open = head.active === undefined ? waiting : [head.active.id, ...waiting];
  return open.map((runId) => unwritten(runId, 'cancelled', at).journal);
}

type HeldHead = SessionHead & { readonly active: ActiveRun };

/** The head, for whoever holds this lease. Throws RunNotFound, RunEnded, LeaseLost. */
export function headHeldBy({ head, runs }: SeenSession, lease: RunLease): HeldHead {
  const known = runs.get(lease.id);
  if (head === undefined || known === undefined) throw new RunNotFound(lease.id);
  if (known.outcome !== undefined) throw new RunEnded(lease.id);
  const { active } = head;
  if (active === undefined || fenceIn(head) !== fenceOf(lease)) throw new LeaseLost(lease.id);
  return { ...head, active };
}

function newHead({ sessionId, createdAt }: RunBirth): SessionHead {
  const head = { id: sessionId, createdAt, updatedAt: createdAt, messageCount: 0 };
  return { ...head, active: undefined, queue: [], stopped: [] };
}

function firstTaken(id: string, writer: string): ActiveRun {
  return { id, attempts: 0, epoch: 1, stopCause: undefined, writer };
}

function handedOver(id: string): ActiveRun {
  return { id, attempts: 0, epoch: 0, stopCause: undefined, writer: undefined };
}

/** The first cause counts. */
function askToStop(head: SessionHead, cause: StopCause): SessionChange {
  const { active } = head;
  if (active === undefined) return { head };
  const asked = { ...active, stopCause: active.stopCause ?? cause };
  return { head: { ...head, active: asked }, asked: { id: active.id, writer: active.writer } };
}

/** It keeps its place in the history. One that was to take turns back has none yet: then nothing was said. */
function stoppedInQueue(head: SessionHead, runId: string): SessionHead {
  const { rewinds = [], queue, stopped, messageCount } = head;
  const left = rewinds.filter((rewind) => rewind.runId !== runId);
  if (left.length === rewinds.length) return { ...head, stopped: [...stopped, runId] };
  return { ...head, queue: queue.filter((id) => id !== runId), rewinds: left, messageCount: messageCount - 1 };
}

/** With what the message takes back, for when its turn comes. */
function noted(head: SessionHead, { id: runId, takesBack }: RunBirth): SessionHead {
  if (takesBack === undefined) return head;
  const { messagesBefore } = takesBack;
  return { ...head, rewinds: [...(head.rewinds ?? []), { runId, messagesBefore }] };
}

/** Its turn has come: what it takes back is history no more. */
function rewoundFor(head: SessionHead, runId: string | undefined): SessionHead {
  const { rewinds = [], queue } = head;
  const rewind = rewinds.find((one) => one.runId === runId);
  if (rewind === undefined) return head;
  const messageCount = rewind.messagesBefore + 1 + queue.length;
  return { ...head, messageCount, rewinds: rewinds.filter((one) => one !== rewind), wasRewound: true };
}

/** Those that were stopped in the queue take their place in the history when their turn would have come. */
function nextTurn(head: SessionHead, writer: string | undefined) {
  const { queue, stopped } = head;
  const next = waitingIn(head)[0];
  const begun = next === undefined ? queue : queue.slice(0, queue.indexOf(next) + 1);
  const left = { queue: queue.slice(begun.length), stopped: stopped.filter((id) => !begun.includes(id)) };
  const active = next === undefined ? undefined : writer === undefined ? handedOver(next) : firstTaken(next, writer);
  return { head: { ...rewoundFor({ ...head, ...left }, next), active }, begun };
}

/** How a run ends that nobody ends by writing. */
function unwritten(runId: string, finishReason: StopCause, at: Date) {
  const ending: RunEnding = { finishReason, usage: undefined, error: undefined, at };
  return {
    outcome: { ...ending, epoch: 0, attempts: 0, stopCause: undefined, next: undefined },
    journal: { runId, after: undefined, events: endEvents(ending, 1) },
  };
}
