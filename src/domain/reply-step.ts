import type { ToolCall } from './tool-call.js';

export const CALL_STATUSES = ['ok', 'error', 'rejected', 'expired', 'skipped'] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

/** What became of a call: it is settled. */
export interface CallResult {
  readonly callId: string;
  readonly status: CallStatus;
  /** What the model is told. */
  readonly content: string;
  readonly at: Date;
}

/** One answer of the model that asked for calls, and what became of them. Those without a result are open. */
export interface ReplyStep {
  /** Where its text ends in the text of its run. */
  readonly textEnd: number;
  readonly calls: readonly AllowedCall[];
  readonly results: readonly CallResult[];
}

/** A call, and where a server runs it after a person has allowed it, how that was said. */
export interface AllowedCall extends ToolCall {
  readonly decision?: 'approve' | 'edit' | undefined;
}

/** A call that a client or a person has to settle. */
export interface OpenCall extends ToolCall, WaitingCall {
  readonly runId: string;
}

/** What is kept of a call while it is open. */
export interface WaitingCall {
  readonly callId: string;
  readonly state: 'open' | 'awaiting_approval';
  readonly expiresAt: Date;
  /** How a person decided that it may be made. */
  readonly decision?: 'approve' | 'edit' | undefined;
}

/** The result of a call that nobody settles any more. */
export function unsettled(callId: string, status: 'expired' | 'skipped', at: Date): CallResult {
  return { callId, status, content: status === 'expired' ? EXPIRED : SKIPPED, at };
}

/** Whether a person has allowed it and its server is still to run it: it waits for nobody but the other calls of its
 *  turn. */
export function isAllowed({ state, decision }: WaitingCall): boolean {
  return state === 'awaiting_approval' && decision !== undefined;
}

/** The result of a call whose run ended before a server had answered. */
export function brokenOff(callId: string, isCancelled: boolean, at: Date): CallResult {
  if (isCancelled) return unsettled(callId, 'skipped', at);
  return { callId, status: 'error', content: BROKEN_OFF, at };
}

const BROKEN_OFF = 'The run ended before the result of this call was there. It may have been made.';
const EXPIRED = 'Nobody answered this call in time.';
const SKIPPED = 'This call was skipped.';

/** The steps with these results of their calls, and with these calls in place of those that were changed. */
export function withResults(
  steps: readonly ReplyStep[],
  results: readonly CallResult[],
  changed: readonly AllowedCall[] = [],
): readonly ReplyStep[] {
  return steps.map((step) => ({
    ...step,
    calls: step.calls.map((call) => changed.find(({ callId }) => callId === call.callId) ?? call),
    results: [...step.results, ...results.filter(({ callId }) => step.calls.some((call) => call.callId === callId))],
  }));
}

/** The calls of these steps that have no result. */
export function openIn(steps: readonly ReplyStep[]): readonly ToolCall[] {
  return steps.flatMap(({ calls, results }) =>
    calls.filter(({ callId }) => !results.some((result) => result.callId === callId)),
  );
}

/** The same steps without the calls that have no result: a run that did not end well leaves none open. */
export function withoutOpen(steps: readonly ReplyStep[]): readonly ReplyStep[] {
  const open = openIn(steps);
  return steps
    .map((step) => ({ ...step, calls: step.calls.filter((call) => !open.includes(call)) }))
    .filter(({ calls }) => calls.length > 0);
}

/** What the model said in the answer of a step. */
export function textOfStep({ text, steps }: JournalledReply, place: number): string {
  return text.slice(steps[place - 1]?.textEnd ?? 0, steps[place]?.textEnd ?? 0);
}

/** What it said after it had asked for calls for the last time. */
export function textBehindSteps({ text, steps }: JournalledReply): string {
  return text.slice(steps.at(-1)?.textEnd ?? 0);
}

/** What the last message says that a run has written; undefined where it has written none. */
export function lastWritten(reply: JournalledReply): string | undefined {
  const [rest, last] = [textBehindSteps(reply), reply.steps.at(-1)];
  if (rest !== '' || last === undefined) return rest === '' ? undefined : rest;
  const results = last.calls.flatMap(({ callId }) => last.results.find((result) => result.callId === callId) ?? []);
  return results.at(-1)?.content ?? textOfStep(reply, reply.steps.length - 1);
}

/** How many messages a run has written, the results of its calls among them. */
export function messagesIn(text: string, steps: readonly ReplyStep[]): number {
  const asked = steps.reduce((sum, { results }) => sum + 1 + results.length, 0);
  return asked + (textBehindSteps({ text, steps }) === '' ? 0 : 1);
}

/** What a run has written, as its journal tells it. */
export interface JournalledReply {
  readonly text: string;
  readonly steps: readonly ReplyStep[];
}

/** With a call that the model asked for: in the same answer as the one before it, if nothing stands between them. */
export function withCall({ text, steps }: JournalledReply, call: ToolCall): JournalledReply {
  const last = steps.at(-1);
  if (last === undefined || last.results.length > 0 || last.textEnd < text.length)
    return { text, steps: [...steps, { textEnd: text.length, calls: [call], results: [] }] };
  return { text, steps: [...steps.slice(0, -1), { ...last, calls: [...last.calls, call] }] };
}

/** The calls of these steps, by their ids. */
export function callIdsOf(steps: readonly ReplyStep[] = []): readonly string[] {
  return steps.flatMap(({ calls }) => calls.map(({ callId }) => callId));
}

export function callIn(steps: readonly ReplyStep[] = [], callId: string): AllowedCall | undefined {
  return steps.flatMap(({ calls }) => calls).find((call) => call.callId === callId);
}
