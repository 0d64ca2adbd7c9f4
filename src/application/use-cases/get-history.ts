import type { Message } from '../../domain/message.js';
import type { SessionRepository } from '../ports/session-repository.js';

/** The messages of a session, in turn order. */
export class GetHistory {
  constructor(private readonly sessions: SessionRepository) {}

  /** Throws SessionNotFound. */
  execute(sessionId: string): Promise<readonly Message[]> {
    return this.sessions.messages(sessionId);
  }
}
