import type { Caller } from '../../domain/caller.js';
import type { ActiveRuns } from '../active-runs.js';
import type { Clock } from '../ports/clock.js';
import type { CancelledSession, SessionRepository } from '../ports/session-repository.js';

/** Stops what goes on in a session, for whoever knows no run: its run, or the waiting for its calls. Messages that wait
 *  go on. */
export class CancelSession {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'locate' | 'cancel'>,
    private readonly activeRuns: ActiveRuns,
    private readonly clock: Clock,
  ) {}

  /** Returns when the stop is asked for, not when it has happened. Throws SessionNotFound, SessionAmbiguous. */
  execute(sessionId: string, by: Caller): Promise<CancelledSession> {
    return this.activeRuns.startAccepted(this.cancelled(sessionId, by));
  }

  private async cancelled(sessionId: string, by: Caller) {
    const { key } = await this.sessions.locate(sessionId, by);
    const cancelled = await this.sessions.cancel(key, this.clock.now(), this.activeRuns.isDraining);
    return { ...cancelled, run: cancelled.next, replayed: false };
  }
}
