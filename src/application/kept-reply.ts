import { type JournalledReply, withCall, withResults } from '../domain/reply-step.js';
import type { Run } from '../domain/run.js';
import type { CallAsked, RunEvent } from '../domain/run-event.js';
import { servedByIn } from '../domain/served-tools.js';
import type { ToolCall } from '../domain/tool-call.js';

/** What a run has written, as its journal tells it, and the calls that servers were making at its end. */
export interface KeptReply extends JournalledReply {
  readonly making: readonly ToolCall[];
}

export const NOTHING_WRITTEN: KeptReply = { text: '', steps: [], making: [] };

export function withJournalled(reply: KeptReply, event: RunEvent, run: Run, at: Date): KeptReply {
  const making = makingAfter(reply.making, event);
  return { ...(isOwn(event, run) ? withEvent(reply, event, at) : reply), making };
}

/** The calls that servers were making when the journal came to this event. */
function makingAfter(making: readonly ToolCall[], event: RunEvent): readonly ToolCall[] {
  if (event.type === 'tool-result') return making.filter(({ callId }) => callId !== event.callId);
  if (event.type !== 'tool-call' || event.requiresApproval || !servedByIn(event.toolName)) return making;
  return [...making, callOf(event)];
}

/** Calls that a person has allowed are those of the run before, and those that nobody was to make yet are never
 *  made. */
function isOwn(event: RunEvent, { continues }: Run): boolean {
  if (event.type !== 'tool-call') return true;
  return !event.requiresApproval && continues?.allowed?.some(({ callId }) => callId === event.callId) !== true;
}

function withEvent(reply: JournalledReply, event: RunEvent, at: Date): JournalledReply {
  if (event.type === 'text-delta') return { ...reply, text: reply.text + event.text };
  if (event.type === 'tool-call') return withCall(reply, callOf(event));
  if (event.type !== 'tool-result') return reply;
  const { callId, status, content } = event;
  return { ...reply, steps: withResults(reply.steps, [{ callId, status, content, at }]) };
}

function callOf({ callId, toolName, arguments: given, providerData }: CallAsked): ToolCall {
  return { callId, toolName, arguments: given, ...(providerData && { providerData }) };
}
