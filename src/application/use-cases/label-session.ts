import type { Caller } from '../../domain/caller.js';
import type { Labels } from '../../domain/session-labels.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { SessionWithCalls } from './get-session.js';

/** Somebody calls a session something, or notes something on it. */
export class LabelSession {
  constructor(private readonly sessions: Pick<SessionRepository, 'locate' | 'label' | 'openCalls'>) {}

  /** The session as it stands then. Throws SessionNotFound, SessionAmbiguous, TooMuchMetadata. */
  async execute(sessionId: string, by: Caller, labels: Labels): Promise<SessionWithCalls> {
    const { key } = await this.sessions.locate(sessionId, by);
    const session = await this.sessions.label(key, labels);
    return { session, openCalls: session.status === 'waiting' ? await this.sessions.openCalls(key) : [] };
  }
}
