import type { SessionHead } from '../../domain/session-head.js';

/** The shelves of a session, from its first step on. */
export function shelvesOf({ id, userId, isUnlisted = false }: SessionHead): readonly string[] {
  const all = isUnlisted ? [] : [''];
  if (userId === undefined) return all;
  return [...all, isUnlisted ? unlistedShelf(userId) : listedShelf(userId), sameIdShelf(id)];
}

/** The sessions that are in the list of a user, or of those who name none. */
export function listedShelf(userId: string | undefined): string {
  return userId === undefined ? '' : `user/${userId}`;
}

/** The others of a user. */
export function unlistedShelf(userId: string): string {
  return `unlisted/${userId}`;
}

/** The sessions of all users that have this id. */
export function sameIdShelf(sessionId: string): string {
  return `id/${sessionId}`;
}
