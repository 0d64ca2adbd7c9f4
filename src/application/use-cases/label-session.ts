import type { Labels } from '../../domain/session-labels.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { SessionWithCalls } from './get-session.js';

/** Somebody calls a session something, or notes something on it. */
export class LabelSession {
  constructor(private readonly sessions: Pick<SessionRepository, 'label' | 'openCalls'>) {}

  /** The session as it stands then. Throws SessionNotFound, TooMuchMetadata. */
  async execute(sessionId: string, labels: Labels): Promise<SessionWithCalls> {
    const session = await this.sessions.label(sessionId, labels);
    return { session, openCalls: session.status === 'waiting' ? await this.sessions.openCalls(sessionId) : [] };
  }
}
