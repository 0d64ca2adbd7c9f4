import { z } from 'zod';
import { type MessageId, ROLES } from '../../../../domain/message.js';
import type { HttpProblem } from '../http-problem.js';
import { pageLimit } from './page-limit.js';
import { invalidFields, wrongFields } from './user-message.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const NO_MESSAGE = 'must be the id of a message of this session';

export const messagesQuerySchema = z.object({
  limit: pageLimit(MAX_LIMIT)
    .optional()
    .meta({ description: `1 to ${MAX_LIMIT}: only the last ones. All, when neither this nor \`before\` is given.` }),
  before: z
    .string('must be given once')
    .transform(parseMessageId)
    .optional()
    .meta({ description: `The id of a message: only those before it, ${DEFAULT_LIMIT} when no limit is given.` }),
});

export interface MessagesQuery {
  readonly limit: number;
  readonly before: MessageId | undefined;
}

/** Undefined where all messages are asked for. Throws HttpProblem 422. */
export function parseMessagesQuery(query: unknown): MessagesQuery | undefined {
  const result = messagesQuerySchema.safeParse(query);
  if (!result.success) throw invalidFields(result.error);
  const { limit, before } = result.data;
  return limit === undefined && before === undefined ? undefined : { limit: limit ?? DEFAULT_LIMIT, before };
}

export function unknownMessage(): HttpProblem {
  return wrongFields([{ path: 'before', message: NO_MESSAGE }]);
}

/** `<run>.<role>`, and with a number from the second one of a role on. */
export function messageId({ runId, role, index }: MessageId): string {
  return index === 1 ? `${runId}.${role}` : `${runId}.${role}.${index}`;
}

const MESSAGE_ID = /^([^.]+)\.([a-z]+)(?:\.([1-9]\d{0,5}))?$/;

function parseMessageId(text: string, context: z.RefinementCtx): MessageId {
  const [, runId, word, number] = MESSAGE_ID.exec(text) ?? [];
  const role = ROLES.find((one) => one === word);
  if (runId !== undefined && role !== undefined) return { runId, role, index: Number(number ?? 1) };
  context.addIssue(NO_MESSAGE);
  return z.NEVER;
}
