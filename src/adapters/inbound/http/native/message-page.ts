import { z } from 'zod';
import type { MessageId, Role } from '../../../../domain/message.js';
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

const ROLES: readonly Role[] = ['user', 'assistant'];

export function messageId({ runId, role }: MessageId): string {
  return `${runId}.${role}`;
}

function parseMessageId(text: string, context: z.RefinementCtx): MessageId {
  const dot = text.lastIndexOf('.');
  const role = ROLES.find((one) => one === text.slice(dot + 1));
  if (role !== undefined && dot > 0) return { runId: text.slice(0, dot), role };
  context.addIssue(NO_MESSAGE);
  return z.NEVER;
}
