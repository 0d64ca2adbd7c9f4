import { isBlank } from '../../../../domain/blank.js';
import type { Fields } from '../../../../domain/fields.js';
import type { PromptMessage } from '../../../../domain/prompt-message.js';
import type { ToolChoice, ToolDefinition } from '../../../../domain/tool.js';
import type { ToolCall } from '../../../../domain/tool-call.js';
import { givenBack, unsaidReasoning } from './provider-data.js';

/** A prompt, as OpenAI has it. `model` gets back what it sent with its calls; undefined: nobody gets anything. */
export function mapPrompt(prompt: readonly PromptMessage[], model?: string): readonly unknown[] {
  const unsaid = unsaidReasoning(prompt, model);
  return prompt.map((message) => mapMessage(message, model, unsaid));
}

function mapMessage(message: PromptMessage, model: string | undefined, unsaid: Fields): unknown {
  const { role, content, written } = message;
  if (written !== undefined) return written;
  if (role === 'tool') return { role, tool_call_id: message.callId, content };
  if (role !== 'assistant') return { role, content };
  if (!message.toolCalls?.length) return { ...unsaid, role, content };
  const back = givenBack(message.toolCalls, model);
  const calls = message.toolCalls.map((call, place) => ({ ...back.calls[place], ...mapCall(call) }));
  // Some servers refuse a text without a word.
  return { ...unsaid, ...back.message, role, content: isBlank(content) ? null : content, tool_calls: calls };
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

function mapCall({ callId: id, toolName: name, arguments: fields }: ToolCall) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(fields) } };
}
