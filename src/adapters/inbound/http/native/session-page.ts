import { z } from 'zod';
import type { SessionPosition } from '../../../../application/ports/session-repository.js';
import { USER_ID } from '../user-id.js';
import { pageLimit } from './page-limit.js';
import { SESSION_ID } from './session-id.js';
import { invalidFields } from './user-message.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const pageQuerySchema = z.object({
  limit: pageLimit(MAX_LIMIT)
    .optional()
    .meta({ description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT} when not given.` }),
  cursor: z
    .string('must be given once')
    .transform(parsePageCursor)
    .optional()
    .meta({ description: '`next_cursor` of the page before.' }),
});

export interface PageQuery {
  readonly limit: number;
  readonly cursor: SessionPosition | undefined;
}

/** Throws HttpProblem 422. */
export function parsePageQuery(query: unknown): PageQuery {
  const result = pageQuerySchema.safeParse(query);
  if (!result.success) throw invalidFields(result.error);
  const { limit = DEFAULT_LIMIT, cursor } = result.data;
  return { limit, cursor };
}

/** A position as text that clients need not understand. */
export function pageCursor({ createdAt, id, userId }: SessionPosition): string {
  const owned = userId === undefined ? '' : ` ${userId}`;
  return Buffer.from(`${createdAt.getTime()} ${id}${owned}`).toString('base64url');
}

const positionSchema = z.tuple([
  z.coerce.number().int().min(0).max(8.64e15),
  z.string().regex(SESSION_ID),
  z.string().regex(USER_ID).optional(),
]);

function parsePageCursor(text: string, context: z.RefinementCtx): SessionPosition {
  const result = positionSchema.safeParse(Buffer.from(text, 'base64url').toString().split(' '));
  if (!result.success) {
    context.addIssue('must be the next_cursor of a page');
    return z.NEVER;
  }
  const [time, id, userId] = result.data;
  return { createdAt: new Date(time), id, userId };
}
