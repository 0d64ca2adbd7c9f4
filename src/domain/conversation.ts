import type { Attempt } from './attempt.js';
import { addressed, includes } from './choice.js';
import { Overloaded, QueueFull } from './errors.js';
import { headHeldBy } from './held-head.js';
import { refusesTurn } from './message.js';
import { messagesIn } from './reply-step.js';
import type { OnBusy, RunBirth, RunEnding, RunLease } from './run.js';
import { endEvents } from './run-event.js';
import { placeOf } from './session.js';
import type { Accepted, EndedRecord, SessionChange } from './session-change.js';
import { newHead, type SeenSession, type SessionHead, sessionIn } from './session-head.js';
import { withWritten } from './session-size.js';
import { SessionFull } from './size-limits.js';
import { askToStop } from './stopping.js';
import { settledHere } from './transcript.js';
import { begunIn, bytesWith, firstTaken, nextTurn, noted, rewoundFor, waitingFrom, withWord } from './turn-order.js';
import { updated } from './updates.js';
import { type AskingRun, openCallsOf, skippedFor, untilExpiry, waitingFor } from './waiting-turn.js';
import { callsAfter, type WrittenText, withSteps } from './written-text.js';

/** What may happen to a session, and what becomes of it then. Everything here decides on what was seen, and changes
 *  nothing. */

/** A run that is stopped in the queue keeps its place, and so a head may not collect them without end. */
const MAX_STOPPED = 64;

export interface NewRun {
  readonly birth: RunBirth;
  readonly onBusy: OnBusy;
  readonly queueLimit: number;
  readonly replicaIsFull: boolean;
  /** What a session's history may take, in bytes. */
  readonly maxBytes: number;
  /** The process that writes the run, if its turn is now. */
  readonly writer: string;
  /** The run whose calls the session waits for, where it does. */
  readonly asking?: AskingRun | undefined;
}

/** A message gets its place. One that interrupts a turn which waits for calls has them skipped.
 *  Throws SessionFull, SessionBusy, QueueFull, Overloaded. */
export function accept(head: SessionHead | undefined, turn: NewRun): Accepted {
  const { writer } = turn;
  const birth = addressed(turn.birth, head?.agent);
  const known = withWord(head ?? newHead(birth), birth);
  if (bytesWith(known, birth) > turn.maxBytes) throw new SessionFull(turn.maxBytes);
  const { waiting } = known;
  const openCalls = waiting && openCallsOf(waiting, turn.asking?.outcome.steps);
  const place = placeOf(sessionIn(known), turn.onBusy, turn.queueLimit, openCalls);
  if (place === 'now' && turn.replicaIsFull)
    throw new Overloaded('This replica is writing as many answers as it can; send the message again.');
  if (known.stopped.length >= MAX_STOPPED) throw new QueueFull(MAX_STOPPED);
  const counted = noted(known, birth);
  if (place === 'now') {
    const { head, outcomes } = skippedFor(counted, turn.asking, birth.createdAt);
    const active = firstTaken(birth.id, writer);
    return { head: { ...begunIn(rewoundFor(head, birth.id), [birth.id]), active }, begun: [birth.id], birth, outcomes };
  }
  if (place === 'last') return { head: { ...counted, queue: [...known.queue, birth.id] }, birth };
  return { ...askToStop({ ...counted, queue: [birth.id, ...known.queue] }, 'interrupted'), birth };
}

/** A call of a model is counted, once however often it is said. Throws RunNotFound, RunEnded, LeaseLost. */
export function beginAttempt(seen: SeenSession, lease: RunLease, { number, model, context }: Attempt): SessionChange {
  const head = headHeldBy(seen, lease);
  const active = { ...head.active, attempts: number, model, ...(context && { context }) };
  return { head: { ...head, active } };
}

/** The run ends and the next one gets its turn: in the hands of `writer`, or handed over where that is undefined.
 *  Where calls are open that it asked for, the next turn comes when they are settled; a client with a history of its
 *  own settles them there. Throws RunNotFound, RunEnded, LeaseLost. */
export function end(
  seen: SeenSession,
  lease: RunLease,
  ending: RunEnding,
  written: WrittenText,
  writer: string | undefined,
  asking?: AskingRun,
): SessionChange {
  const held = headHeldBy(seen, lease);
  const { id, epoch, attempts, stopCause, model, context } = held.active;
  const asked = model === undefined ? {} : { model };
  const birth = seen.runs.get(id)?.birth;
  const told = { ...asked, tellsUsage: birth !== undefined && includes(birth, 'usage') };
  const { text, lastSequence } = written;
  const { steps, open } = callsAfter(ending, written, stopCause);
  const messageCount = held.messageCount + messagesIn(text, steps);
  const size = held.size && withWritten(held.size, ending, text, steps);
  const counted = { ...updated(held, ending.at), messageCount, size };
  const waiting = waitingFor(id, settledHere(open, birth));
  const { head, begun } = waiting ? waitingFrom(counted, waiting) : nextTurn(counted, writer);
  const next = writer === undefined ? undefined : head.active?.id;
  return {
    head,
    begun,
    dueIn: waiting && untilExpiry(waiting, ending.at),
    outcomes: [
      {
        runId: id,
        outcome: {
          ...ending,
          epoch,
          attempts,
          stopCause,
          ...asked,
          ...(context && { context }),
          next,
          ...withSteps(steps),
        },
        answer: text,
        settled: steps.flatMap(({ results }) => results),
      },
      ...refusedWith(asking, ending),
    ],
    endings: [{ runId: id, after: lastSequence, events: endEvents({ ...ending, ...told }, lastSequence + 1) }],
  };
}

/** The provider refused a turn for what it says: then what its run before brought is refused, too. */
function refusedWith(asking: AskingRun | undefined, ending: RunEnding): readonly EndedRecord[] {
  if (asking === undefined || !refusesTurn(ending)) return [];
  const { birth, outcome, answer } = asking;
  return [{ runId: birth.id, outcome: { ...outcome, isRefused: true }, answer }];
}

/** The active run gets a new writer; undefined where there is none to get one. */
export function claim(head: SessionHead, writer: string): SessionChange | undefined {
  const { active } = head;
  return active && { head: { ...head, active: { ...active, epoch: active.epoch + 1, writer } } };
}
