import type { Caller } from '../../domain/caller.js';
import { SessionBusy } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import type { Session } from '../../domain/session.js';
import type { WholeRun } from '../../domain/whole-session.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { ReadingPlaces } from '../reading-places.js';

export type ExportPart =
  | { readonly session: Session }
  | { readonly runs: readonly WholeRun[] }
  | { readonly messages: readonly Message[] };

/** All that there is of a session, page by page: the session, its runs, its messages. */
export class ExportSession {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'locate' | 'find' | 'records' | 'messages'>,
    private readonly places: ReadingPlaces,
  ) {}

  /** Throws SessionNotFound, SessionAmbiguous, and SessionBusy where something goes on in the session, also where that
   *  begins amid the reading. */
  async *execute(sessionId: string, by: Caller): AsyncGenerator<ExportPart> {
    const { key } = await this.sessions.locate(sessionId, by);
    const session = await this.idle(key);
    yield { session };
    for await (const runs of this.places.inTurn(this.sessions.records(key))) yield { runs };
    for await (const messages of this.places.inTurn(this.sessions.messages(key))) yield { messages };
    const { messageCount, updatedAt } = await this.idle(key);
    if (messageCount !== session.messageCount || updatedAt.getTime() !== session.updatedAt.getTime())
      throw new SessionBusy(sessionId);
  }

  private async idle(key: string): Promise<Session> {
    const session = await this.sessions.find(key);
    const goesOn = session.activeRunId ?? session.askedBy;
    if (goesOn !== undefined) throw new SessionBusy(goesOn);
    return session;
  }
}
