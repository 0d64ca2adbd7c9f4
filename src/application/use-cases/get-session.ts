import type { Caller } from '../../domain/caller.js';
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

  /** Throws SessionNotFound, SessionAmbiguous. */
  async execute(sessionId: string, by: Caller): Promise<SessionWithCalls> {
    const { key } = await this.sessions.locate(sessionId, by);
    const session = await this.sessions.find(key);
    return { session, openCalls: session.status === 'waiting' ? await this.sessions.openCalls(key) : [] };
  }

  /** What it waits for. Throws as above. */
  async openCalls(sessionId: string, by: Caller): Promise<readonly OpenCall[]> {
    const { key } = await this.sessions.locate(sessionId, by);
    return this.sessions.openCalls(key);
  }
}
