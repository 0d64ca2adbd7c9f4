import { branchedRun } from '../../domain/branch.js';
import { SessionExists } from '../../domain/bringing-errors.js';
import { type Caller, seenBy } from '../../domain/caller.js';
import { SessionBusy, StoreUnavailable } from '../../domain/errors.js';
import { isEnded, type Run } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import type { WholeRun } from '../../domain/whole-session.js';
import type { Clock } from '../ports/clock.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { TakeBack } from './send-message.js';

/** Another session begins with what was said up to the answer of a run. */
export class BranchSession {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'turnsThrough' | 'bring' | 'takeBack'>,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {}

  /** The new session is the same user's. One that is there already with this id stays as it is: it was begun so before.
   *  Returns how to take back what this has begun, while nothing was said there. Throws RunNotFound, SessionBusy while
   *  the run goes on, SessionNotFound, and Overloaded. */
  async execute(before: Run, sessionId: string, by: Caller): Promise<TakeBack> {
    const run = seenBy(by, before);
    if (!isEnded(run)) throw new SessionBusy(run.id);
    const turns = await this.turnsThrough(run);
    const names = new Map(turns.map(({ birth }) => [birth.id, this.ids.next()]));
    const runs = turns.map((turn) => branchedRun(turn, sessionId, (runId) => names.get(runId)));
    const now = this.clock.now();
    const session = { id: sessionId, userId: run.userId, createdAt: now, updatedAt: now };
    try {
      const brought = await this.sessions.bring({ ...session, title: undefined, metadata: {}, runs });
      return () => this.takeBack(brought);
    } catch (error) {
      if (error instanceof SessionExists) return async () => {};
      throw error;
    }
  }

  /** A store that is away keeps it for its time. */
  private async takeBack(brought: Session): Promise<void> {
    try {
      await this.sessions.takeBack(brought);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  /** In their order. */
  private async turnsThrough(run: Run): Promise<readonly WholeRun[]> {
    const latestFirst: WholeRun[] = [];
    for await (const page of this.sessions.turnsThrough(run)) latestFirst.push(...page);
    return latestFirst.reverse();
  }
}
