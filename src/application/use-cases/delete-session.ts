import type { Caller } from '../../domain/caller.js';
import { SessionNotFound } from '../../domain/errors.js';
import type { Clock } from '../ports/clock.js';
import type { SessionRepository } from '../ports/session-repository.js';

/** Removes a session with all that belongs to it; what still runs in it is cancelled. */
export class DeleteSession {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws SessionNotFound, SessionAmbiguous. */
  async execute(sessionId: string, by: Caller): Promise<void> {
    const { key } = await this.sessions.locate(sessionId, by);
    await this.sessions.delete(key, this.clock.now());
  }

  /** All that a user has, whatever goes on there. Where it fails amid that, it may be said again. */
  async all(userId: string): Promise<void> {
    for await (const keys of this.sessions.owned(userId)) await Promise.all(keys.map((key) => this.ifThere(key)));
  }

  private async ifThere(key: string): Promise<void> {
    try {
      await this.sessions.delete(key, this.clock.now());
    } catch (error) {
      if (!(error instanceof SessionNotFound)) throw error;
    }
  }
}
