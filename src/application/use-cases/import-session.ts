import type { Caller } from '../../domain/caller.js';
import { UnfitFields } from '../../domain/field-problem.js';
import type { Message } from '../../domain/message.js';
import type { Session } from '../../domain/session.js';
import { sessionIn } from '../../domain/session-head.js';
import type { WholeSession } from '../../domain/whole-session.js';
import { runProblems } from '../../domain/whole-session-problems.js';
import { broughtSession } from '../ledger/brought-session.js';
import type { SessionRepository } from '../ports/session-repository.js';

const MOST_PROBLEMS = 100;

/** What is told of a session beside its runs throws where the runs say otherwise. */
export type CheckTold = (session: Session, messages: readonly Message[]) => void;

/** A session that was exported is taken back, here or in another store. */
export class ImportSession {
  constructor(private readonly sessions: Pick<SessionRepository, 'bring'>) {}

  /** Where the caller names a user, it is that user's from now on, whoever had it.
   *  Throws, with nothing stored: UnfitFields, SessionExists, RunTaken, Overloaded, and what `check` throws. */
  async execute(whole: WholeSession, by: Caller, check: CheckTold): Promise<Session> {
    const problems = runProblems(whole.runs);
    if (problems.length > 0) throw new UnfitFields(problems.slice(0, MOST_PROBLEMS));
    const { head, messages } = await broughtSession(whole);
    check(sessionIn(head), messages);
    return this.sessions.bring({ ...whole, userId: by.userId ?? whole.userId });
  }
}
