import type { Fields } from '../../../domain/fields.js';
import {
  type AllowedCall,
  CALL_STATUSES,
  type CallResult,
  type ReplyStep,
  type WaitingCall,
} from '../../../domain/reply-step.js';
import type { ProviderData, ToolCall } from '../../../domain/tool-call.js';
import type { WaitingTurn } from '../../../domain/waiting-turn.js';
import {
  countIn,
  fieldListIn,
  fieldsIn,
  optionalWordIn,
  textIn,
  timeIn,
  UnreadableRecord,
  wordIn,
} from './stored-fields.js';

/** How stores keep calls. The head has those that the session waits for, and an outcome has those that its run asked
 *  for. */

const STATES = ['open', 'awaiting_approval'] as const;
const DECISIONS = ['approve', 'edit'] as const;

export function writtenWaiting({ calls, ...waiting }: WaitingTurn) {
  return { ...waiting, calls: calls.map((call) => ({ ...call, expiresAt: call.expiresAt.getTime() })) };
}

/** Keeps the fields that a newer version wrote. */
export function waitingIn(fields: Fields | undefined): WaitingTurn | undefined {
  if (fields === undefined) return undefined;
  return { ...fields, runId: textIn(fields, 'runId'), calls: fieldListIn(fields, 'calls').map(waitingCallIn) };
}

function waitingCallIn(fields: Fields): WaitingCall {
  const decision = optionalWordIn(fields, 'decision', DECISIONS);
  return {
    ...fields,
    callId: textIn(fields, 'callId'),
    state: wordIn(fields, 'state', STATES),
    expiresAt: timeIn(fields, 'expiresAt'),
    decision,
  };
}

export function writtenSteps(steps: readonly ReplyStep[]) {
  return steps.map(({ results, ...step }) => ({
    ...step,
    results: results.map((result) => ({ ...result, at: result.at.getTime() })),
  }));
}

export function stepsIn(fields: Fields): readonly ReplyStep[] {
  return fieldListIn(fields, 'steps').map((step) => ({
    textEnd: countIn(step, 'textEnd'),
    calls: fieldListIn(step, 'calls').map(allowedCallIn),
    results: fieldListIn(step, 'results').map(resultIn),
  }));
}

function allowedCallIn(fields: Fields): AllowedCall {
  const decision = optionalWordIn(fields, 'decision', DECISIONS);
  return { ...callIn(fields), ...(decision && { decision }) };
}

export function callIn(fields: Fields): ToolCall {
  const given = fieldsIn(fields, 'arguments');
  if (given === undefined) throw new UnreadableRecord('A call in a record of a session has no arguments.');
  const providerData = providerDataIn(fieldsIn(fields, 'providerData'));
  const call = { callId: textIn(fields, 'callId'), toolName: textIn(fields, 'toolName'), arguments: given };
  return { ...call, ...(providerData && { providerData }) };
}

function providerDataIn(fields: Fields | undefined): ProviderData | undefined {
  if (fields === undefined) return undefined;
  const [call, message] = [fieldsIn(fields, 'call'), fieldsIn(fields, 'message')];
  return { model: textIn(fields, 'model'), ...(call && { call }), ...(message && { message }) };
}

function resultIn(fields: Fields): CallResult {
  return {
    callId: textIn(fields, 'callId'),
    status: wordIn(fields, 'status', CALL_STATUSES),
    content: textIn(fields, 'content'),
    at: timeIn(fields, 'at'),
  };
}
