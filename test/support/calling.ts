import type { CompletionPart } from '../../src/application/ports/llm-gateway.js';
import type { ToolDefinition } from '../../src/domain/tool.js';

/** A tool to offer. */
export const PING: ToolDefinition = { name: 'ping', description: 'Asks who is there', parameters: { type: 'object' } };

/** The first that is heard of a call. */
export const CALLING = {
  type: 'call-arguments',
  index: 0,
  callId: undefined,
  toolName: 'ping',
  text: '',
} as const satisfies CompletionPart;

/** A whole call, as a model asks for it. */
export function aCall(callId: string, toolName: string, argumentsText: string): CompletionPart {
  return { type: 'call', index: 0, callId, toolName, argumentsText };
}
