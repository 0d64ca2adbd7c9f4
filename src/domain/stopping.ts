import { RunNotFound } from './errors.js';
import type { RunEnding, StopCause } from './run.js';
import { endEvents } from './run-event.js';
import type { JournalEnding, SessionChange } from './session-change.js';
import { type SeenSession, type SessionHead, waitingIn } from './session-head.js';
import { stoppedInQueue } from './turn-order.js';
import { updated } from './updates.js';
import { type AskingRun, skipCalls } from './waiting-turn.js';

/** What of a session is stopped, and what becomes of it then. Everything here decides on what was seen, and changes
 *  nothing. */

/** A running run is asked to stop, and one that waits ends there and then. Undefined where there is nothing to do: the
 *  run has ended, or was asked before (the first cause counts). Throws RunNotFound. */
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
    head: updated(stoppedInQueue(head, runId), at),
    outcomes: [{ runId, outcome, answer: '' }],
    endings: [journal],
  };
}

/** What goes on is stopped: the active run is asked to stop, or the calls that are waited for are skipped. Undefined
 *  where there is nothing to do. */
export function cancel(
  seen: SeenSession,
  asking: AskingRun | undefined,
  at: Date,
  writer: string | undefined,
): SessionChange | undefined {
  const { head } = seen;
  if (head?.active !== undefined) return stop(seen, head.active.id, 'cancelled', at);
  return head && asking && skipCalls(head, asking, at, writer);
}

/** The endings of all that is open, when the session is deleted. */
export function endAll(head: SessionHead, at: Date): readonly JournalEnding[] {
  const waiting = waitingIn(head);
  const open = head.active === undefined ? waiting : [head.active.id, ...waiting];
  return open.map((runId) => unwritten(runId, 'cancelled', at).journal);
}

/** The first cause counts. */
export function askToStop(head: SessionHead, cause: StopCause): SessionChange {
  const { active } = head;
  if (active === undefined) return { head };
  const asked = { ...active, stopCause: active.stopCause ?? cause };
  return { head: { ...head, active: asked }, asked: { id: active.id, writer: active.writer } };
}

/** How a run ends that nobody ends by writing. */
function unwritten(runId: string, finishReason: StopCause, at: Date) {
  const ending: RunEnding = { finishReason, usage: undefined, error: undefined, at };
  return {
    outcome: { ...ending, epoch: 0, attempts: 0, stopCause: undefined, next: undefined },
    journal: { runId, after: undefined, events: endEvents(ending, 1) },
  };
}
