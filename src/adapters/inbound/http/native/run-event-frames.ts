import type { AgentSwitched, CallAnswered, CallAsked, RunEvent, RunFailure } from '../../../../domain/run-event.js';
import type { ArgumentsChunk } from '../../../../domain/token-chunk.js';
import { framePieces } from '../frame-pieces.js';
import { event, eventWithoutId } from '../sse-frames.js';
import { callView } from './call-view.js';
import { eventId } from './event-id.js';
import { usageView } from './run-view.js';

/** RunEvents as frames (docs/protocol.md). Readers that follow live get the same batch, one after the other, and share
 *  the text made of it. */
export class RunEventFrames {
  private latest: { readonly batch: readonly RunEvent[]; readonly pieces: readonly string[] } | undefined;

  /** The frames of a batch, joined to pieces of a size to be written at once. */
  of(runId: string, batch: readonly RunEvent[]): readonly string[] {
    if (this.latest?.batch !== batch)
      this.latest = { batch, pieces: framePieces(batch, (runEvent) => frame(runId, runEvent)) };
    return this.latest.pieces;
  }
}

function frame(runId: string, runEvent: RunEvent): string {
  const id = eventId(runId, runEvent.sequence);
  switch (runEvent.type) {
    case 'text-delta':
      return event(id, `{"token":${JSON.stringify(runEvent.text)},"is_final":false,"type":"assistant_message"}`);
    case 'tool-call':
      return event(id, callData(runEvent));
    case 'tool-result':
      return event(id, resultData(runEvent));
    case 'reasoning-delta':
      return event(id, `{"type":"reasoning","token":${JSON.stringify(runEvent.text)},"is_final":false}`);
    case 'call-arguments':
      return event(id, argumentsData(runEvent));
    case 'agent-switched':
      return event(id, switchData(runEvent));
    case 'usage':
      return event(id, JSON.stringify({ type: 'usage', ...usageView(runEvent.usage), is_final: false }));
    case 'run-failure':
      return event(id, failureData(runEvent));
    case 'run-end':
      return event(id, endData(runEvent.finishReason)) + eventWithoutId('[DONE]');
  }
}

/** The frame of a call, for a client to make it or a person to decide on it. */
export function callData({ requiresApproval, ...call }: Omit<CallAsked, 'type' | 'sequence'>): string {
  const told = { type: 'tool_call', ...callView(call), requires_approval: requiresApproval };
  return JSON.stringify({ ...told, is_final: false });
}

function argumentsData({ callId, toolName, text }: ArgumentsChunk): string {
  const told = { type: 'tool_call_arguments', call_id: callId, tool_name: toolName, arguments: text };
  return JSON.stringify({ ...told, is_final: false });
}

function resultData({ callId, toolName, status, content }: CallAnswered): string {
  const told = { type: 'tool_result', call_id: callId, tool_name: toolName, status, content };
  return JSON.stringify({ ...told, is_final: false });
}

function switchData({ from, to, reason }: AgentSwitched): string {
  const metadata = { from_agent: from, to_agent: to, reason };
  return JSON.stringify({ type: 'agent_switched', content: `Switched to ${to}`, metadata, is_final: false });
}

function failureData({ code, message, retryable }: RunFailure): string {
  return JSON.stringify({ type: 'error', code, error: message, retryable, is_final: false });
}

/** A normal answer ends with the three keys that every client knows; any other says why it ended. */
export function endData(finishReason: string): string {
  const end = { token: '', is_final: true, type: 'assistant_message' };
  return JSON.stringify(finishReason === 'stop' ? end : { ...end, finish_reason: finishReason });
}
