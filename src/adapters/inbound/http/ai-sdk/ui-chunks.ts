import type { CallResult } from '../../../../domain/reply-step.js';
import type { FinishReason, Usage } from '../../../../domain/run.js';
import { servedByIn } from '../../../../domain/served-tools.js';
import type { ToolCall } from '../../../../domain/tool-call.js';
import { eventWithoutId } from '../sse-frames.js';

/** The chunks of the AI SDK's UI message stream, as frames. What a chunk does not have is not there: the client refuses
 *  null. */

export const DONE = eventWithoutId('[DONE]');

export function chunk(type: string, fields: object = {}): string {
  return eventWithoutId(JSON.stringify({ type, ...fields }));
}

/** A piece of text or of reasoning: every token comes by here. */
export function deltaChunk(kind: BlockKind, id: string, delta: string): string {
  return eventWithoutId(`{"type":"${kind}-delta","id":"${id}","delta":${JSON.stringify(delta)}}`);
}

export type BlockKind = 'text' | 'reasoning';

/** A call may be made now, by the page or by who runs it. */
export function inputChunk({ callId: toolCallId, toolName, arguments: input }: ToolCall): string {
  return chunk('tool-input-available', { toolCallId, toolName, input, ...executed(toolName) });
}

/** What a server runs, the page is not to run. */
export function executed(toolName: string) {
  return servedByIn(toolName) === undefined ? {} : { providerExecuted: true };
}

/** What became of a call. */
export function outputChunk({ callId: toolCallId, status, content }: Omit<CallResult, 'at'>): string {
  if (status === 'rejected') return chunk('tool-output-denied', { toolCallId });
  if (status === 'ok') return chunk('tool-output-available', { toolCallId, output: outputOf(content) });
  return chunk('tool-output-error', { toolCallId, errorText: content });
}

/** Objects and lists are kept as their JSON, and all else as text: a number of many digits may be a name. */
function outputOf(content: string): unknown {
  if (!/^\s*[[{]/.test(content)) return content;
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

/** How an answer ended that ended well. */
export function finishChunk(reason: FinishReason, messageMetadata?: AnswerMetadata): string {
  return chunk('finish', { finishReason: FINISH_REASON[reason] ?? 'other', messageMetadata });
}

interface AnswerMetadata {
  readonly runId: string;
  readonly usage: Usage | undefined;
}

const FINISH_REASON: Readonly<Partial<Record<FinishReason, string>>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
};
