import { choiceOf } from './choice.js';
import type { RunBirth } from './run.js';
import { type ActiveRun, type SessionHead, waitingIn } from './session-head.js';
import { sizeFrom, withBegun, withoutWaiting, withWaiting } from './session-size.js';
import { updated } from './updates.js';
import type { WaitingTurn } from './waiting-turn.js';

/** Whose turn it is, and what becomes of the history when a turn comes. */

export function firstTaken(id: string, writer: string): ActiveRun {
  return { id, attempts: 0, epoch: 1, stopCause: undefined, writer };
}

function handedOver(id: string): ActiveRun {
  return { id, attempts: 0, epoch: 0, stopCause: undefined, writer: undefined };
}

/** It keeps its place in the history. One that was to take turns back has none yet: then nothing was said. */
export function stoppedInQueue(head: SessionHead, runId: string): SessionHead {
  const { rewinds = [], queue, stopped, messageCount } = head;
  const size = head.size && withoutWaiting(head.size, runId);
  const left = rewinds.filter((rewind) => rewind.runId !== runId);
  if (left.length === rewinds.length) return { ...head, stopped: [...stopped, runId] };
  return { ...head, queue: queue.filter((id) => id !== runId), rewinds: left, messageCount: messageCount - 1, size };
}

/** With a message more. */
export function withWord(head: SessionHead, { id, request, createdAt }: RunBirth): SessionHead {
  const size = head.size && withWaiting(head.size, id, request.content);
  return { ...updated(head, createdAt), messageCount: head.messageCount + 1, size };
}

/** What the history will take when the turn of a message has come that waits in it. */
export function bytesWith({ size, queue }: SessionHead, { id, takesBack }: RunBirth): number {
  const after = size && takesBack ? sizeFrom(takesBack, size, [id, ...queue]) : size;
  return after?.bytes ?? 0;
}

export function begunIn(head: SessionHead, begun: readonly string[]): SessionHead {
  return head.size === undefined ? head : { ...head, size: withBegun(head.size, begun) };
}

/** With who the message is for, and what it takes back when its turn comes. */
export function noted(known: SessionHead, birth: RunBirth): SessionHead {
  const { agent } = choiceOf(birth);
  const head = agent === undefined ? known : { ...known, agent };
  if (birth.takesBack === undefined) return head;
  const { from: _, ...before } = birth.takesBack;
  return { ...head, rewinds: [...(head.rewinds ?? []), { runId: birth.id, ...before }] };
}

/** Its turn has come: what it takes back is history no more. */
export function rewoundFor(head: SessionHead, runId: string | undefined): SessionHead {
  const { rewinds = [], queue } = head;
  const rewind = rewinds.find((one) => one.runId === runId);
  if (rewind === undefined) return head;
  const messageCount = rewind.messagesBefore + 1 + queue.length;
  const size = head.size && sizeFrom(rewind, head.size, [rewind.runId, ...queue]);
  return { ...head, messageCount, size, rewinds: rewinds.filter((one) => one !== rewind), wasRewound: true };
}

/** Nobody's turn comes before its calls are settled. */
export function waitingFrom(head: SessionHead, waiting: WaitingTurn) {
  return { head: { ...head, active: undefined, waiting }, begun: [] };
}

/** Those that were stopped in the queue take their place in the history when their turn would have come. */
export function nextTurn(head: SessionHead, writer: string | undefined) {
  const { queue, stopped } = head;
  const next = waitingIn(head)[0];
  const begun = next === undefined ? queue : queue.slice(0, queue.indexOf(next) + 1);
  const left = { queue: queue.slice(begun.length), stopped: stopped.filter((id) => !begun.includes(id)) };
  const active = next === undefined ? undefined : writer === undefined ? handedOver(next) : firstTaken(next, writer);
  return { head: { ...begunIn(rewoundFor({ ...head, ...left }, next), begun), active }, begun };
}
