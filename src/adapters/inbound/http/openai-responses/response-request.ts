import { z } from 'zod';
import { type Fields, isFields } from '../../../../domain/fields.js';
import type { Choices } from '../../../../domain/written-choice.js';
import { SESSION_ID } from '../native/session-id.js';
import { wrongFields } from '../native/user-message.js';
import { openAiModelProblems } from '../openai/openai-choice.js';
import { itemSchema, messagesIn } from './response-items.js';
import { flatToolProblems, nestedTool, nestedToolChoice, withoutNull } from './response-tools.js';

const flag = z.boolean('must be true or false').optional();
const text = z.string('must be a string').optional();
const object = z.looseObject({}, 'must be an object').optional();
const number = (most: number) => z.number(`must be a number from 0 to ${most}`).min(0).max(most).optional();
const sessionId = z.string().regex(SESSION_ID);

/** A text is a message of the user. */
const inputSchema = z
  .preprocess(
    (input) => (typeof input === 'string' ? [{ role: 'user', content: input }] : input),
    z
      .array(itemSchema, {
        error: ({ input }) => (input === undefined ? 'is required' : 'must be a text, or a list of items'),
      })
      .min(1, 'must not be empty'),
  )
  .meta({ description: 'A text, or a list of items.' });

export const responseRequestSchema = z
  .object(
    {
      input: inputSchema,
      model: text.meta({
        description: 'As the upstream calls it, or `agent/<name>`; the one that is set, when not given.',
      }),
      instructions: text,
      stream: flag,
      background: flag,
      store: flag,
      previous_response_id: text.meta({
        description:
          'Goes on in its session; from one that is not the latest there, in a new one with what was said up to it.',
      }),
      conversation: z
        .union([sessionId, z.looseObject({ id: sessionId }).transform(({ id }) => id)], {
          error: () => 'must be the id of a session, or an object with it',
        })
        .optional()
        .meta({ description: 'The session to go on with; a new id begins a new one.' }),
      tools: z
        .array(z.unknown(), 'must be a list of tools')
        .optional()
        .meta({ description: 'Functions, run by the client.' }),
      tool_choice: z.unknown().optional(),
      parallel_tool_calls: flag,
      temperature: number(2),
      top_p: number(1),
      max_output_tokens: z.int('must be a whole number').min(1, 'must be at least 1').optional(),
      metadata: object,
      text: object,
      reasoning: object,
      truncation: text,
      user: text,
    },
    'must be a JSON object',
  )
  .refine(({ background, store }) => !(background === true && store === false), {
    path: ['background'],
    message: 'is not possible with store: false',
    when: ({ value }) => isFields(value),
  })
  .refine(({ conversation, previous_response_id: before }) => !(conversation && before), {
    path: ['previous_response_id'],
    message: 'must not stand beside conversation',
    when: ({ value }) => isFields(value),
  })
  .meta({ id: 'ResponseRequest' });

export interface ResponseRequest {
  /** The input, as the messages of a chat. */
  readonly messages: readonly Fields[];
  readonly model: string | undefined;
  readonly instructions: string | undefined;
  readonly isStreamed: boolean;
  readonly isInBackground: boolean;
  readonly previousResponse: string | undefined;
  readonly session: string | undefined;
  readonly options: Fields;
  readonly tools: readonly Fields[];
  readonly toolChoice: unknown;
  /** What the response says again. */
  readonly echo: Fields;
}

/** Throws HttpProblem, field by field. */
export function parseResponseRequest(body: unknown, choices: Choices): ResponseRequest {
  // Null is how some clients leave something out.
  const sent = isFields(body) ? withoutNull(body) : {};
  const parsed = responseRequestSchema.safeParse(isFields(body) ? sent : body);
  const problems = [...(parsed.error?.issues ?? []), ...problemsOf(sent, choices)];
  if (!parsed.success || problems.length > 0)
    throw wrongFields(problems.map(({ path, message }) => ({ path: path.join('.'), message })));
  const { model, instructions, stream, background, previous_response_id, conversation, tools = [] } = parsed.data;
  return {
    messages: messagesIn(sent.input),
    model,
    instructions,
    isStreamed: stream === true,
    isInBackground: background === true,
    previousResponse: previous_response_id,
    session: conversation,
    options: optionsOf(sent),
    tools: tools.map(nestedTool).filter(isFields),
    toolChoice: nestedToolChoice(sent.tool_choice),
    echo: echoOf(sent, conversation),
  };
}

/** What the domain knows better than a schema. */
function problemsOf(sent: Fields, choices: Choices) {
  const inModel = typeof sent.model === 'string' ? openAiModelProblems(sent.model, choices) : [];
  return [...inModel, ...flatToolProblems(sent)];
}

/** Under the names that models are told them by. */
function optionsOf(sent: Fields): Fields {
  const { temperature, top_p, parallel_tool_calls, max_output_tokens: max_completion_tokens } = sent;
  return present({ temperature, top_p, parallel_tool_calls, max_completion_tokens });
}

function echoOf(sent: Fields, conversation: string | undefined): Fields {
  const { background, store, previous_response_id, instructions, metadata, text, reasoning, truncation, user } = sent;
  const named = conversation === undefined ? undefined : { id: conversation };
  const own = { background, store, previous_response_id, instructions, metadata, text, reasoning, truncation, user };
  return present({ ...own, conversation: named });
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
