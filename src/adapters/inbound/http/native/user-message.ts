import type { Request } from 'express';
import { z } from 'zod';
import { isFields } from '../../../../domain/fields.js';
import { ON_BUSY, ON_DISCONNECT, type RunRequest } from '../../../../domain/run.js';
import { HttpProblem } from '../http-problem.js';
import { sentFields } from './sent-fields.js';
import { SESSION_ID } from './session-id.js';

const required = (otherwise: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? 'is required' : otherwise),
});

const NOT_AN_OBJECT = 'must be a JSON object';

const sessionId = z
  .string(required('must be a string'))
  .regex(SESSION_ID, 'must be 1 to 128 of A-Z a-z 0-9 _ . - and begin with a letter or digit')
  .meta({ description: 'The conversation; a new id begins a new one.', example: 'demo' });

const options = {
  on_busy: z
    .enum(ON_BUSY, 'must be "reject", "queue" or "interrupt"')
    .optional()
    .meta({ description: 'What happens when the session is answering another message.' }),
  on_disconnect: z
    .enum(ON_DISCONNECT, 'must be "continue" or "cancel"')
    .optional()
    .meta({ description: 'Whether the run goes on when its last reader has left.' }),
  replaces: z.string('must be the id of a run').optional().meta({
    description:
      'The run of a turn that this message takes back, with all that was said since. Without `content`, what was asked there is asked again.',
  }),
};

const message = {
  type: z.literal('user_message', required('must be "user_message"')),
  content: z
    .string(required('must be a string'))
    .refine((content) => content.trim() !== '', 'must not be blank')
    .optional()
    .meta({
      description: "The user's message. Needed, unless it replaces one that is to be asked again.",
      example: 'Hello there',
    }),
  ...options,
};

export const userMessageSchema = z
  .object({ session_id: sessionId, ...message }, NOT_AN_OBJECT)
  .refine(({ content, replaces }) => content !== undefined || replaces !== undefined, {
    path: ['content'],
    message: 'is required',
    when: ({ value }) => isFields(value),
  })
  .meta({ id: 'UserMessage' });

/** For the document alone: what is sent like this is read by `sentFields`. */
export const nestedUserMessageSchema = z
  .object({ session_id: sessionId, message: z.object(message), ...options })
  .meta({
    id: 'NestedUserMessage',
    description: 'The same in two levels; a field on both is taken from the inner one.',
  });

export interface SentUserMessage {
  readonly sessionId: string;
  readonly request: RunRequest;
}

/** The message in a body that was read as JSON. Throws HttpProblem 422, field by field, or 400 for text no store can keep. */
export function parseUserMessage(body: unknown): SentUserMessage {
  const { fields, pathOf } = sentFields(body);
  const result = userMessageSchema.safeParse(fields);
  if (!result.success) throw invalidFields(result.error, pathOf);
  const { session_id, content = '', on_busy, on_disconnect, replaces } = result.data;
  if (content.includes('\0') || !content.isWellFormed()) {
    throw new HttpProblem(
      400,
      'invalid_text',
      `${pathOf(['content'])}: must not hold NUL or half of a surrogate pair.`,
    );
  }
  const request = { content, onBusy: on_busy, onDisconnect: on_disconnect };
  if (replaces === undefined) return { sessionId: session_id, request };
  const asksAgain = result.data.content === undefined && { asksAgain: true };
  return { sessionId: session_id, request: { ...request, replaces, ...asksAgain } };
}

/** What is wrong with each field, as problem 422. */
export function invalidFields(
  error: z.ZodError,
  pathOf: (path: readonly PropertyKey[]) => string = (path) => path.join('.'),
): HttpProblem {
  return wrongFields(error.issues.map(({ path, message }) => ({ path: pathOf(path), message })));
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
