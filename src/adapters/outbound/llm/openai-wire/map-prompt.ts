import { isBlank } from '../../../../domain/blank.js';
import type { PromptMessage } from '../../../../domain/prompt-message.js';
import type { ToolChoice, ToolDefinition } from '../../../../domain/tool.js';
import type { ToolCall } from '../../../../domain/tool-call.js';

/** A message of a prompt, as OpenAI has it. */
export function mapMessage(message: PromptMessage): unknown {
  const { role, content, written } = message;
  if (written !== undefined) return written;
  if (role === 'tool') return { role, tool_call_id: message.callId, content };
  if (role !== 'assistant' || !message.toolCalls?.length) return { role, content };
  // Some servers refuse a text without a word.
  return { role, content: isBlank(content) ? null : content, tool_calls: message.toolCalls.map(mapCall) };
}

/** What a request says of tools: nothing where none are offered, since strict servers refuse an empty list, and a
 *  choice of nothing. */
export function mapTools(tools: readonly ToolDefinition[] = [], choice?: ToolChoice) {
  if (tools.length === 0) return {};
  const offered = { tools: tools.map(mapTool) };
  if (choice === undefined) return offered;
  const named = typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
  return { ...offered, tool_choice: named };
}

function mapTool({ name, description, parameters, strict }: ToolDefinition): unknown {
  return { type: 'function', function: { name, description, parameters, strict } };
}

function mapCall({ callId: id, toolName: name, arguments: fields }: ToolCall): unknown {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(fields) } };
}
