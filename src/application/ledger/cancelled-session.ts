import { SessionNotFound } from '../../domain/errors.js';
import { isIdle, runIn, type SeenSession, type SessionHead, sessionIn } from '../../domain/session-head.js';
import type { CancelledSession } from '../ports/session-repository.js';

/** What is told of a session that was to be cancelled, as it stood before and as it stands now. */
export function cancelledSession(
  before: SessionHead | undefined,
  { head, runs }: SeenSession,
  sessionId: string,
  writer: string,
): CancelledSession {
  if (head === undefined) throw new SessionNotFound(sessionId);
  const { active } = head;
  const isNew = active !== undefined && active.id !== before?.active?.id && active.writer === writer;
  const record = isNew ? runs.get(active.id) : undefined;
  return {
    session: sessionIn(head),
    wasIdle: before === undefined || isIdle(before),
    next: record && runIn(head, record),
  };
}
