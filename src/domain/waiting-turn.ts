import {
  type AllowedCall,
  type CallResult,
  isAllowed,
  type OpenCall,
  type ReplyStep,
  unsettled,
  type WaitingCall,
  withResults,
} from './reply-step.js';
import type { RunBirth } from './run.js';
import type { EndedRecord, SessionChange } from './session-change.js';
import type { RunOutcome, SessionHead } from './session-head.js';
import { withResultsOf } from './session-size.js';
import { nextTurn } from './turn-order.js';
import { updated } from './updates.js';

/** A turn that goes on when all its calls are settled. Nobody writes it meanwhile. */
export interface WaitingTurn {
  /** The run that asked for them. */
  readonly runId: string;
  /** Those that are open, in their order. */
  readonly calls: readonly WaitingCall[];
}

/** The run that asked for calls, with what it wrote. What becomes of the calls is added to its record. */
export interface AskingRun {
  readonly birth: RunBirth;
  readonly outcome: RunOutcome;
  readonly answer: string;
}

/** The turn waits for these calls; undefined where there are none. */
export function waitingFor(runId: string, calls: readonly WaitingCall[]): WaitingTurn | undefined {
  return calls.length === 0 ? undefined : { runId, calls };
}

/** The calls of a waiting turn that somebody is to settle, as they stand. */
export function openCallsOf({ runId, calls }: WaitingTurn, steps: readonly ReplyStep[] = []): readonly OpenCall[] {
  const asked = steps.flatMap((step) => step.calls);
  return calls.flatMap((waiting) => {
    if (isAllowed(waiting)) return [];
    const call = asked.find(({ callId }) => callId === waiting.callId);
    return call === undefined ? [] : [{ ...call, ...waiting, runId }];
  });
}

/** In how many milliseconds the time of a call is over. */
export function untilExpiry({ calls }: WaitingTurn, at: Date): number {
  return Math.max(0, firstExpiry(calls) - at.getTime());
}

/** The time of a call is over: the turn ends there, and the next one comes. Whose time is not over yet is skipped.
 *  Whoever looks too early, as after a restart, puts the look off until then. Undefined where nothing waits. */
export function expireCalls(head: SessionHead, asking: AskingRun, at: Date, writer: string): SessionChange | undefined {
  const { waiting } = head;
  if (waiting === undefined) return undefined;
  const early = untilExpiry(waiting, at);
  if (early > 0) return { head, dueIn: early };
  return endWaiting(head, asking, resultsFor(waiting.calls, at.getTime(), at), at, writer);
}

/** Somebody stops the turn. Its calls are skipped, and the next turn comes: in the hands of `writer`, or handed over
 *  where that is undefined. Undefined where nothing waits. */
export function skipCalls(
  head: SessionHead,
  asking: AskingRun,
  at: Date,
  writer: string | undefined,
): SessionChange | undefined {
  return endWaiting(head, asking, resultsFor(head.waiting?.calls ?? [], undefined, at), at, writer);
}

/** The session without the calls that it waits for, since a message goes before them. */
export function skippedFor(head: SessionHead, asking: AskingRun | undefined, at: Date) {
  const { waiting } = head;
  if (waiting === undefined || asking === undefined) return { head, outcomes: [] };
  const results = resultsFor(waiting.calls, undefined, at);
  return {
    head: { ...withCounted(head, asking, results), waiting: undefined },
    outcomes: [settledRecord(asking, results)],
  };
}

/** With these results in the history, of calls that `asking` asked for: each is a message. */
export function withCounted(
  head: SessionHead,
  { outcome, answer }: AskingRun,
  results: readonly CallResult[],
): SessionHead {
  const reply = { text: answer, steps: withResults(outcome.steps ?? [], results) };
  const size = head.size && withResultsOf(head.size, results, reply);
  return { ...head, messageCount: head.messageCount + results.length, size };
}

/** The record of a run with more results of its calls, and with the calls that were changed. */
export function settledRecord(
  { birth, outcome, answer }: AskingRun,
  results: readonly CallResult[],
  changed: readonly AllowedCall[] = [],
  continuedBy?: string,
): EndedRecord {
  const steps = withResults(outcome.steps ?? [], results, changed);
  const kept = { ...outcome, steps, ...(continuedBy !== undefined && { continuedBy }) };
  return { runId: birth.id, outcome: kept, answer, settled: results };
}

function endWaiting(
  head: SessionHead,
  asking: AskingRun,
  results: readonly CallResult[],
  at: Date,
  writer: string | undefined,
): SessionChange | undefined {
  if (head.waiting === undefined) return undefined;
  const next = nextTurn({ ...updated(withCounted(head, asking, results), at), waiting: undefined }, writer);
  return { ...next, outcomes: [settledRecord(asking, results)] };
}

/** Those whose time was over at `over` have expired. */
function resultsFor(calls: readonly WaitingCall[], over: number | undefined, at: Date): readonly CallResult[] {
  const isOver = (call: WaitingCall) => over !== undefined && call.expiresAt.getTime() <= over && !isAllowed(call);
  return calls.map((call) => unsettled(call.callId, isOver(call) ? 'expired' : 'skipped', at));
}

function firstExpiry(calls: readonly WaitingCall[]): number {
  return Math.min(...calls.filter((call) => !isAllowed(call)).map(({ expiresAt }) => expiresAt.getTime()));
}
