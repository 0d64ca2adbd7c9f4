import { z } from 'zod';
import type { SessionPosition } from '../../../../application/ports/session-repository.js';
import { USER_ID } from '../user-id.js';
import { pageLimit } from './page-limit.js';
import { type RecentCursor, readRecentCursor } from './recent-page.js';
import { SESSION_ID } from './session-id.js';
import { invalidFields, wrongFields } from './user-message.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const pageQuerySchema = z.object({
  order: z
    .enum(['created', 'updated'], 'must be "created" or "updated", once')
    .optional()
    .meta({ description: 'By creation, or by the last update as it stood at the first page; newest first.' }),
  limit: pageLimit(MAX_LIMIT)
    .optional()
    .meta({ description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT} when not given.` }),
  cursor: z
    .string('must be given once')
    .optional()
    .meta({ description: '`next_cursor` of the page before, which had the same order.' }),
});

export type PageQuery =
  | { readonly order: 'created'; readonly limit: number; readonly cursor: SessionPosition | undefined }
  | { readonly order: 'updated'; readonly limit: number; readonly cursor: RecentCursor | undefined };

/** Throws HttpProblem 422. */
export function parsePageQuery(query: unknown): PageQuery {
  const result = pageQuerySchema.safeParse(query);
  if (!result.success) throw invalidFields(result.error);
  const { order = 'created', limit = DEFAULT_LIMIT, cursor } = result.data;
  if (order === 'updated') return { order, limit, cursor: read(cursor, readRecentCursor) };
  return { order, limit, cursor: read(cursor, readPageCursor) };
}

function read<Cursor>(text: string | undefined, reading: (text: string) => Cursor | undefined): Cursor | undefined {
  const cursor = text === undefined ? undefined : reading(text);
  if (text !== undefined && cursor === undefined)
    throw wrongFields([{ path: 'cursor', message: 'must be the next_cursor of a page of the same order' }]);
  return cursor;
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

function readPageCursor(text: string): SessionPosition | undefined {
  const result = positionSchema.safeParse(Buffer.from(text, 'base64url').toString().split(' '));
  if (!result.success) return undefined;
  const [time, id, userId] = result.data;
  return { createdAt: new Date(time), id, userId };
}
