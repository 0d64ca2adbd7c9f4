import type { Message } from '../../domain/message.js';
import type { SessionRepository } from '../ports/session-repository.js';

/** The messages of a session, in turn order. */
export class GetHistory {
  constructor(private readonly sessions: SessionRepository) {}

  /** Page by page. Throws SessionNotFound. */
  execute(sessionId: string): AsyncIterable<readonly Message[]> {
    return this.sessions.messages(sessionId);
  }
}
