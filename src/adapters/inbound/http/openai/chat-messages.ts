import { z } from 'zod';
import type { Fields } from '../../../../domain/fields.js';
import { writtenText } from '../../../../domain/transcript.js';
import type { ResentMessage } from '../door/resent-turn.js';

const text = z.string('must be a string');
const part = (...types: ['text', ...string[]]) =>
  z.looseObject(
    { type: z.enum(types, `must be ${types.map((type) => `"${type}"`).join(' or ')}: no images, audio or files`) },
    'must be a part with a type',
  );
const content = (parts: z.ZodType) =>
  z.union([z.string(), z.array(parts)], {
    error: ({ input }) => (input === undefined ? 'is required' : 'must be a text, or a list of text parts'),
  });

const textPart = part('text').extend({ text });
const said = content(textPart);
const spoken = <Role extends string>(role: Role) => z.looseObject({ role: z.literal(role), content: said });

const call = z.looseObject(
  {
    id: text,
    type: z.literal('function', 'must be "function"'),
    function: z.looseObject({ name: text, arguments: text }, 'must be an object with name and arguments'),
  },
  'must be a call with id, type and function',
);

const answer = z
  .looseObject({
    role: z.literal('assistant'),
    content: content(part('text', 'refusal')).nullish(),
    tool_calls: z.array(call, 'must be a list of calls').nullish(),
    audio: z.null('is not possible').optional(),
  })
  .refine(({ content, tool_calls }) => (content ?? undefined) !== undefined || (tool_calls ?? []).length > 0, {
    path: ['content'],
    message: 'is required, where there are no tool_calls',
  });

/** As it is written it goes to the model, so that other fields stay. */
export const chatMessageSchema = z.discriminatedUnion(
  'role',
  [
    spoken('system'),
    spoken('developer'),
    spoken('user'),
    answer,
    z.looseObject({ role: z.literal('tool'), content: said, tool_call_id: text }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union'
        ? 'must be "system", "developer", "user", "assistant" or "tool"'
        : 'must be a message with role and content',
  },
);

/** What a request says itself of how it is to be answered; undefined where it says nothing. */
export function instructionsIn(messages: readonly Fields[]): string | undefined {
  const instructing = messages.filter(({ role }) => role === 'system' || role === 'developer');
  return instructing.length === 0 ? undefined : instructing.map(({ content }) => writtenText(content)).join('\n\n');
}

export function resentMessages(messages: readonly Fields[]): readonly ResentMessage[] {
  return messages.map(({ role, content, tool_call_id }) => ({
    role: String(role),
    text: writtenText(content),
    ...(typeof tool_call_id === 'string' && { callId: tool_call_id }),
  }));
}
