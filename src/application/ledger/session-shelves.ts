import type { SessionHead } from '../../domain/session-head.js';

/** The shelves of a session, from its first step on. */
export function shelvesOf({ isUnlisted }: SessionHead): readonly string[] {
  return isUnlisted === true ? [] : [''];
}
