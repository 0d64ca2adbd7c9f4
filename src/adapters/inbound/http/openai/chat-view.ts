import { z } from 'zod';
import type { WholeAnswer } from '../../../../domain/answer-draft.js';
import type { Run } from '../../../../domain/run.js';
import type { ToolCall } from '../../../../domain/tool-call.js';
import { usageSchema, usageView } from '../native/run-view.js';

export const chatCompletionSchema = z
  .object({
    id: z.string().meta({ example: 'chatcmpl-0199' }),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.literal(0),
        message: z.object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.null(),
          reasoning_content: z.string().optional(),
          tool_calls: z
            .array(
              z.object({
                id: z.string(),
                type: z.literal('function'),
                function: z.object({ name: z.string(), arguments: z.string() }),
              }),
            )
            .optional(),
        }),
        logprobs: z.null(),
        finish_reason: z.string().meta({ description: '`stop`, `length`, `content_filter` or `tool_calls`.' }),
      }),
    ),
    usage: usageSchema,
  })
  .meta({ id: 'ChatCompletion' });

export function completionHead<Kind extends string>({ id, createdAt }: Run, model: string, object: Kind) {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(createdAt.getTime() / 1000), model };
}

type ChatCompletion = z.input<typeof chatCompletionSchema>;

/** A run that came to a good end, whole. What is too long to be kept is an empty text. */
export function completionView(run: Run, model: string, answer: WholeAnswer): ChatCompletion {
  const { text, reasoning, calls, end } = answer;
  const message = {
    role: 'assistant' as const,
    content: text === '' && calls.length > 0 ? null : (text ?? ''),
    refusal: null,
    ...(reasoning !== '' && { reasoning_content: reasoning ?? '' }),
    ...(calls.length > 0 && { tool_calls: calls.map(callView) }),
  };
  const choice = { index: 0 as const, message, logprobs: null, finish_reason: end.finishReason };
  return { ...completionHead(run, model, 'chat.completion'), choices: [choice], usage: usageView(end.usage) };
}

function callView({ callId: id, toolName: name, arguments: given, providerData }: ToolCall) {
  return { ...providerData?.call, id, type: 'function' as const, function: { name, arguments: JSON.stringify(given) } };
}
