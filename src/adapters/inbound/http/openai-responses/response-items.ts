import { z } from 'zod';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { writtenText } from '../../../../domain/transcript.js';

const text = z.string('must be a string');
const PARTS = ['text', 'input_text', 'output_text'] as const;
const part = z.looseObject({ type: z.enum(PARTS), text });
const said = z.union([z.string(), z.array(part)], {
  error: ({ input }) => (input === undefined ? 'is required' : 'must be a text, or a list of parts of text'),
});
const ROLES = ['user', 'assistant', 'system', 'developer'] as const;

const message = z.looseObject({
  type: z.literal('message'),
  role: z.enum(ROLES, 'must be "user", "assistant", "system" or "developer"'),
  content: said,
});
const call = z.looseObject({ type: z.literal('function_call'), call_id: text, name: text, arguments: text });
const output = z.looseObject({ type: z.literal('function_call_output'), call_id: text, output: said });
const reasoning = z.looseObject({ type: z.literal('reasoning') });

/** A message may go without a type. */
export const itemSchema = z.preprocess(
  (item) => (isFields(item) && item.type === undefined ? { ...item, type: 'message' } : item),
  z.discriminatedUnion('type', [message, call, output, reasoning], {
    error: ({ code }) =>
      code === 'invalid_union'
        ? 'must be "message", "function_call", "function_call_output" or "reasoning"'
        : 'must be an item with a type',
  }),
);

/** Items as the messages of a chat, which is how models are told them. What a model thought is none of them. */
export function messagesIn(input: unknown): readonly Fields[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const items: readonly Fields[] = Array.isArray(input) ? input.filter(isFields) : [];
  return items
    .map(messageOf)
    .filter((message) => message !== undefined)
    .reduce(withMessage, NO_MESSAGES);
}

const NO_MESSAGES: readonly Fields[] = [];

function withMessage(messages: readonly Fields[], next: Fields): readonly Fields[] {
  const last = messages.at(-1);
  if (next.role !== 'assistant' || last?.role !== 'assistant') return [...messages, next];
  return [...messages.slice(0, -1), joined(last, next)];
}

function messageOf(item: Fields): Fields | undefined {
  const { type, call_id: id, name, arguments: given } = item;
  switch (type) {
    case 'reasoning':
      return undefined;
    case 'function_call':
      return {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name, arguments: given } }],
      };
    case 'function_call_output':
      return { role: 'tool', tool_call_id: id, content: writtenText(item.output) };
    default:
      return { role: item.role, content: writtenText(item.content) };
  }
}

/** A text and the calls behind it are one message, as are calls that stand together. */
function joined(last: Fields, next: Fields): Fields {
  const content = [last.content, next.content].filter((said) => typeof said === 'string').join('\n\n');
  const calls = [last.tool_calls, next.tool_calls].flatMap((some) => (Array.isArray(some) ? some : []));
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}
