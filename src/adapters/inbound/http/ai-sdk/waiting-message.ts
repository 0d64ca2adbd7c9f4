import type { ToolCall } from '../../../../domain/tool-call.js';
import { chunk, DONE, finishChunk, inputChunk } from './ui-chunks.js';

/** What is told of an answer while the session waits for more: which of its calls the page may make now. */
export function waitingMessage(messageId: string | undefined, allowed: readonly ToolCall[]): string {
  const start = chunk('start', messageId === undefined ? {} : { messageId });
  return start + allowed.map(inputChunk).join('') + finishChunk('tool_calls') + DONE;
}
