import type { ActiveRuns } from '../active-runs.js';
import type { Clock } from '../ports/clock.js';
import type { CancelledSession, SessionRepository } from '../ports/session-repository.js';

/** Stops what goes on in a session, for whoever knows no run: its run, or the waiting for its calls. Messages that wait
 *  go on. */
export class CancelSession {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'cancel'>,
    private readonly activeRuns: ActiveRuns,
    private readonly clock: Clock,
  ) {}

  /** Returns when the stop is asked for, not when it has happened. Throws SessionNotFound. */
  execute(sessionId: string): Promise<CancelledSession> {
    return this.activeRuns.startAccepted(this.cancelled(sessionId));
  }

  private async cancelled(sessionId: string) {
    const cancelled = await this.sessions.cancel(sessionId, this.clock.now(), this.activeRuns.isDraining);
    return { ...cancelled, run: cancelled.next, replayed: false };
  }
}
