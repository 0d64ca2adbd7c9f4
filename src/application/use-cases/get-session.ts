import type { Session } from '../../domain/session.js';
import type { SessionRepository } from '../ports/session-repository.js';

/** A session as it stands. */
export class GetSession {
  constructor(private readonly sessions: SessionRepository) {}

  /** Throws SessionNotFound. */
  execute(sessionId: string): Promise<Session> {
    return this.sessions.find(sessionId);
  }
}
