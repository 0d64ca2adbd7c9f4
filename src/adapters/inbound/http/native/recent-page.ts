import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sessionKeyOf } from '../../../../application/ledger/session-key.js';
import type { RecentPage, RecentPosition } from '../../../../application/ports/recent-sessions.js';
import type { UpdatePlace } from '../../../../application/ports/session-ledger.js';
import type { Session } from '../../../../domain/session.js';

/** A position in the order of updates, with what a cursor has to tell of the first page. */
export interface RecentCursor extends RecentPosition {
  /** Digests of the keys that the first page had. */
  readonly digests: string;
}

const DIGEST = 8;

/** The cursor of the page that follows, as text that clients need not understand. */
export function recentCursor({ sessions, end }: RecentPage, before: RecentCursor | undefined): string | null {
  if (end === undefined) return null;
  const { first, digests } = before ?? { first: end, digests: sessions.map(digestOf).join('') };
  const words = ['updated', ...placeWords(first), ...placeWords(end), digests];
  return Buffer.from(words.join(' ')).toString('base64url');
}

const time = z.coerce.number().int().min(0).max(8.64e15);
const key = z.string().regex(/^[A-Za-z0-9_.@:/-]{1,257}$/);
const cursorSchema = z.tuple([z.literal('updated'), time, key, time, key, z.string().regex(/^[A-Za-z0-9_-]+$/)]);

/** Undefined where it is none of this order. */
export function readRecentCursor(text: string): RecentCursor | undefined {
  const result = cursorSchema.safeParse(Buffer.from(text, 'base64url').toString().split(' '));
  if (!result.success) return undefined;
  const [, firstTime, firstKey, lastTime, lastKey, digests] = result.data;
  const known = new Set(digests.match(new RegExp(`.{${DIGEST}}`, 'g')));
  return {
    first: { updatedAt: new Date(firstTime), key: firstKey },
    last: { updatedAt: new Date(lastTime), key: lastKey },
    wasFirst: (sessionKey) => known.has(digest(sessionKey)),
    digests,
  };
}

function placeWords({ updatedAt, key }: UpdatePlace): readonly string[] {
  return [`${updatedAt.getTime()}`, key];
}

function digestOf({ id, userId }: Session): string {
  return digest(sessionKeyOf({ sessionId: id, userId }));
}

function digest(sessionKey: string): string {
  return createHash('sha256').update(sessionKey).digest('base64url').slice(0, DIGEST);
}
