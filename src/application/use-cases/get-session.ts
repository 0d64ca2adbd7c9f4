import type { OpenCall } from '../../domain/reply-step.js';
import type { Session } from '../../domain/session.js';
import type { SessionRepository } from '../ports/session-repository.js';

export interface SessionWithCalls {
  readonly session: Session;
  /** What it waits for, in the order of the calls; empty where it waits for nothing. */
  readonly openCalls: readonly OpenCall[];
}

/** A session as it stands. */
export class GetSession {
  constructor(private readonly sessions: SessionRepository) {}

  /** Throws SessionNotFound. */
  async execute(sessionId: string): Promise<SessionWithCalls> {
    const session = await this.sessions.find(sessionId);
    return { session, openCalls: session.status === 'waiting' ? await this.openCalls(sessionId) : [] };
  }

  /** What it waits for. Throws SessionNotFound. */
  openCalls(sessionId: string): Promise<readonly OpenCall[]> {
    return this.sessions.openCalls(sessionId);
  }
}
