import type { Caller } from '../../domain/caller.js';
import { ResumeExpired, RunNotFound, SessionNotFound } from '../../domain/errors.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { ResumedStream, ResumeStream } from './resume-stream.js';

export interface JoinSessionInput {
  readonly sessionId: string;
  readonly by: Caller;
  /** The last event that this reader saw, when it comes back. */
  readonly seen: { readonly runId: string; readonly sequence: number } | undefined;
}

interface SessionName extends Caller {
  readonly sessionId: string;
}

/** Reads what runs in a session. A reader that comes back first gets the rest of the run it was reading: what it saw is
 *  not sent again, and what it missed is not left out. */
export class JoinSession {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly runs: RunRepository,
    private readonly resumeStream: ResumeStream,
  ) {}

  /** Undefined when there is nothing to read. Throws SessionNotFound, SessionAmbiguous, and InvalidCursor when the run
   *  has not come that far. */
  async execute({ sessionId, by, seen }: JoinSessionInput): Promise<ResumedStream | undefined> {
    const { key, userId } = await this.sessions.locate(sessionId, by);
    const { activeRunId } = await this.sessions.find(key);
    const rest = seen && (await this.restOf({ sessionId, userId }, seen.runId, seen.sequence));
    if (rest !== undefined && !rest.atEnd) return rest;
    if (activeRunId === undefined || activeRunId === rest?.run.id) return undefined;
    return this.join(activeRunId, { sessionId, userId });
  }

  private async join(runId: string, session: SessionName): Promise<ResumedStream> {
    try {
      return await this.resumeStream.execute(runId, session, 0);
    } catch (error) {
      // Deleted since it was looked at.
      if (error instanceof RunNotFound) throw new SessionNotFound(session.sessionId);
      throw error;
    }
  }

  /** Undefined when the run is another session's, or no longer kept. */
  private async restOf(session: SessionName, runId: string, sequence: number): Promise<ResumedStream | undefined> {
    try {
      const run = await this.runs.find(runId);
      const isOurs = run.sessionId === session.sessionId && run.userId === session.userId;
      return isOurs ? await this.resumeStream.execute(runId, session, sequence) : undefined;
    } catch (error) {
      if (error instanceof RunNotFound || error instanceof ResumeExpired) return undefined;
      throw error;
    }
  }
}
