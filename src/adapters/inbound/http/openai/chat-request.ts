import { z } from 'zod';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { toolChoiceProblems, toolsProblems } from '../../../../domain/sent-tools.js';
import type { Choices } from '../../../../domain/written-choice.js';
import { wrongFields } from '../native/user-message.js';
import { chatMessageSchema } from './chat-messages.js';
import { openAiModelProblems } from './openai-choice.js';

const number = (least: number, most: number) => {
  const right = `must be a number from ${least} to ${most}`;
  return z.number(right).min(least, right).max(most, right).nullish();
};
const whole = z.int('must be a whole number').nullish();
const atLeastOne = z.int('must be a whole number').min(1, 'must be at least 1').nullish();
const flag = z.boolean('must be true or false').nullish();

/** What goes to the model as it was written. */
const passed = {
  temperature: number(0, 2),
  top_p: number(0, 1),
  max_tokens: atLeastOne,
  max_completion_tokens: atLeastOne,
  stop: z.union([z.string(), z.array(z.string())], 'must be a text, or a list of texts').nullish(),
  seed: whole,
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  response_format: z.looseObject({ type: z.string() }, 'must be an object with a type').nullish(),
  reasoning_effort: z.string('must be a string').nullish(),
  logit_bias: z.record(z.string(), z.number(), 'must be an object of numbers').nullish(),
  parallel_tool_calls: flag,
};

const absent = (message: string) => z.null(message).optional();

export const chatRequestSchema = z
  .object(
    {
      messages: z
        .array(chatMessageSchema, {
          error: ({ input }) => (input === undefined ? 'is required' : 'must be a list of messages'),
        })
        .min(1, 'must not be empty'),
      model: z.string('must be a string').nullish().meta({
        description: 'As the upstream calls it, or `agent/<name>`; the one that is set, when not given.',
      }),
      stream: flag,
      stream_options: z.object({ include_usage: flag }, 'must be an object').nullish(),
      tools: z
        .array(z.unknown(), 'must be a list of tools')
        .nullish()
        .meta({ description: 'Functions, run by the client.' }),
      tool_choice: z.unknown().optional(),
      n: z.literal(1, 'must be 1').nullish(),
      ...passed,
      functions: absent('is not possible; send tools').meta({ description: 'Refused: send `tools`.' }),
      audio: absent('is not possible').meta({ description: 'Refused.' }),
      modalities: z.array(z.literal('text', 'must be "text"'), 'must be a list').nullish(),
    },
    'must be a JSON object',
  )
  .meta({ id: 'ChatRequest' });

export interface ChatRequest {
  readonly messages: readonly Fields[];
  readonly model: string | undefined;
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  readonly options: Fields;
  readonly tools: readonly Fields[] | undefined;
  readonly toolChoice: unknown;
}

/** Throws HttpProblem, field by field. */
export function parseChatRequest(body: unknown, choices: Choices): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  const problems = [...(parsed.error?.issues ?? []), ...(isFields(body) ? problemsOf(body, choices) : [])];
  if (!parsed.success || !isFields(body) || problems.length > 0)
    throw wrongFields(problems.map(({ path, message }) => ({ path: path.join('.'), message })));
  const { model, stream, stream_options, tools, tool_choice } = parsed.data;
  return {
    messages: fieldsIn(body.messages),
    model: model ?? undefined,
    isStreamed: stream === true,
    includesUsage: stream_options?.include_usage === true,
    options: Object.fromEntries(
      Object.keys(passed).flatMap((name) => (isSaid(body[name]) ? [[name, body[name]]] : [])),
    ),
    tools: fieldsIn(tools),
    toolChoice: tool_choice ?? undefined,
  };
}

/** What the domain knows better than a schema. */
function problemsOf({ model, tools, tool_choice }: Fields, choices: Choices) {
  const inTools = Array.isArray(tools) ? toolsProblems(tools) : [];
  const inChoice = isSaid(tool_choice) ? toolChoiceProblems(tool_choice) : [];
  return [
    ...(typeof model === 'string' ? openAiModelProblems(model, choices) : []),
    ...inTools.map(({ path, message }) => ({ path: ['tools', ...path], message })),
    ...inChoice.map(({ path, message }) => ({ path: ['tool_choice', ...path], message })),
  ];
}

/** Null is how some clients leave something out. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function fieldsIn(list: unknown): readonly Fields[] {
  return Array.isArray(list) ? list.filter(isFields) : [];
}
