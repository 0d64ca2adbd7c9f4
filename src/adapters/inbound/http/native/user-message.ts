import type { Request } from 'express';
import { z } from 'zod';
import { isFields } from '../../../../domain/fields.js';
import { ON_BUSY, ON_DISCONNECT, type RunRequest } from '../../../../domain/run.js';
import { type Choices, choiceProblems, readChoice } from '../../../../domain/written-choice.js';
import { HttpProblem } from '../http-problem.js';
import { choiceFields } from './choice-fields.js';
import { unkeepableIn } from './kept-text.js';
import type { SentFields } from './sent-fields.js';
import { SESSION_ID } from './session-id.js';

const required = (otherwise: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? 'is required' : otherwise),
});

const NOT_AN_OBJECT = 'must be a JSON object';

export const sessionIdField = z
  .string(required('must be a string'))
  .regex(SESSION_ID, 'must be 1 to 128 of A-Z a-z 0-9 _ . - and begin with a letter or digit')
  .meta({ description: 'The conversation; a new id begins a new one.', example: 'demo' });

export const onDisconnectField = z
  .enum(ON_DISCONNECT, 'must be "continue" or "cancel"')
  .optional()
  .meta({ description: 'Whether the run goes on when its last reader has left.' });

const options = {
  on_busy: z
    .enum(ON_BUSY, 'must be "reject", "queue" or "interrupt"')
    .optional()
    .meta({ description: 'What happens when the session is answering another message.' }),
  on_disconnect: onDisconnectField,
  replaces: z.string('must be the id of a run').optional().meta({
    description:
      'The run of a turn that this message takes back, with all that was said since. Without `content`, what was asked there is asked again.',
  }),
  ...choiceFields,
};

const TYPES = ['user_message', 'switch_agent'] as const;

const message = {
  type: z.enum(TYPES, required('must be "user_message", "switch_agent", "tool_result" or "hitl_decision"')).meta({
    description:
      'With `switch_agent`, a message for `agent` whose stream begins with the news that the agent is another one.',
  }),
  content: z
    .string(required('must be a string'))
    .refine((content) => content.trim() !== '', 'must not be blank')
    .optional()
    .meta({
      description: "The user's message. Needed, unless it replaces one that is to be asked again.",
      example: 'Hello there',
    }),
  agent_type: z.string().nullish().meta({ description: 'Another word for `agent`.' }),
  reason: z.string('must be a string').optional().meta({ description: 'Why the agent is switched.' }),
  ...options,
};

export const userMessageSchema = z
  .object({ session_id: sessionIdField, ...message }, NOT_AN_OBJECT)
  .refine(({ content, replaces }) => content !== undefined || replaces !== undefined, {
    path: ['content'],
    message: 'is required',
    when: ({ value }) => isFields(value),
  })
  .refine(({ type, agent }) => type !== 'switch_agent' || agent !== undefined, {
    path: ['agent_type'],
    message: 'is required',
    when: ({ value }) => isFields(value),
  })
  .meta({ id: 'UserMessage' });

/** For the document alone: what is sent like this is read by `sentFields`. */
export const nestedUserMessageSchema = z
  .object({ session_id: sessionIdField, message: z.object(message), ...options })
  .meta({
    id: 'NestedUserMessage',
    description: 'The same in two levels; a field on both is taken from the inner one.',
  });

export interface SentUserMessage {
  readonly sessionId: string;
  readonly request: RunRequest;
}

/** The message that the fields of a body are. Throws HttpProblem 422, field by field, or 400 for text no store can
 *  keep. */
export function parseUserMessage({ fields, pathOf }: SentFields, choices: Choices): SentUserMessage {
  const result = userMessageSchema.safeParse(fields);
  const wrongChoices = isFields(fields) ? choiceProblems(fields, choices) : [];
  const problems = [...(result.error?.issues ?? []), ...wrongChoices];
  if (!result.success || problems.length > 0)
    throw wrongFields(problems.map(({ path, message }) => ({ path: pathOf(path), message })));
  const request = requestOf(result.data, choices);
  refuseUnkeepable(request, pathOf);
  return { sessionId: result.data.session_id, request };
}

type SentMessage = z.output<typeof userMessageSchema>;

function refuseUnkeepable({ content, switching, choice }: RunRequest, pathOf: PathOf): void {
  const path = unkeepableIn({ content, reason: switching?.reason, options: choice?.options, tools: choice?.tools });
  if (path === undefined) return;
  throw new HttpProblem(400, 'invalid_text', `${pathOf(path)}: must not hold NUL or half of a surrogate pair.`);
}

/** A field that says nothing is not there, so that what is kept says no more than what was sent. */
function requestOf(sent: SentMessage, choices: Choices): RunRequest {
  const { type, content, on_busy, on_disconnect, replaces, reason } = sent;
  const choice = readChoice(sent, choices);
  return {
    content: content ?? '',
    onBusy: on_busy,
    onDisconnect: on_disconnect,
    ...(replaces !== undefined && { replaces }),
    ...(content === undefined && { asksAgain: true }),
    ...(choice !== undefined && { choice }),
    ...(type === 'switch_agent' && { switching: reason === undefined ? {} : { reason } }),
  };
}

type PathOf = (path: readonly PropertyKey[]) => string;

/** What is wrong with each field, as problem 422. */
export function invalidFields({ issues }: z.ZodError): HttpProblem {
  return wrongFields(issues.map(({ path, message }) => ({ path: path.join('.'), message })));
}

export function wrongFields(errors: readonly { readonly path: string; readonly message: string }[]): HttpProblem {
  const detail = errors.map(({ path, message }) => `${path || 'the body'} ${message}`).join('; ');
  return new HttpProblem(422, 'invalid_request', detail, { errors });
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Throws HttpProblem 400. */
export function idempotencyKey(request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
    throw new HttpProblem(400, 'invalid_idempotency_key', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
  return key;
}
