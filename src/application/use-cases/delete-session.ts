import type { Clock } from '../ports/clock.js';
import type { SessionRepository } from '../ports/session-repository.js';

/** Removes a session with all that belongs to it; what still runs in it is cancelled. */
export class DeleteSession {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws SessionNotFound. */
  execute(sessionId: string): Promise<void> {
    return this.sessions.delete(sessionId, this.clock.now());
  }
}
