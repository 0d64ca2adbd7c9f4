import type { RunBirth } from '../../domain/run.js';

/** What names a session to a store. Stores take it as it is, so only this decides which sessions are one and the
 *  same: those of one user with one id. Neither may hold a slash. */
export function sessionKeyOf({ sessionId, userId }: Pick<RunBirth, 'sessionId' | 'userId'>): string {
  return userId === undefined ? sessionId : `${userId}/${sessionId}`;
}
