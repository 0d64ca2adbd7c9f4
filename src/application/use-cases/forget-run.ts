import { type Caller, seenBy } from '../../domain/caller.js';
import { isEnded, type Run } from '../../domain/run.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { DeleteSession } from './delete-session.js';
import type { GetHistory } from './get-history.js';

/** A run that its client does not want to read again. Where nothing else was said in its session, all of that goes. */
export class ForgetRun {
  constructor(
    private readonly runs: Pick<RunRepository, 'find' | 'forget'>,
    private readonly getHistory: Pick<GetHistory, 'page'>,
    private readonly deleteSession: Pick<DeleteSession, 'execute'>,
  ) {}

  /** False while it goes on: then nothing is changed. Throws RunNotFound. */
  async execute(runId: string, by: Caller): Promise<boolean> {
    const run = seenBy(by, await this.runs.find(runId));
    if (!isEnded(run)) return false;
    if (await this.isAlone(run)) await this.deleteSession.execute(run.sessionId, { userId: run.userId });
    else await this.runs.forget(runId);
    return true;
  }

  private async isAlone({ id, sessionId, userId }: Run): Promise<boolean> {
    const page = await this.getHistory.page(sessionId, { userId }, MOST_MESSAGES_LOOKED_AT);
    return page !== undefined && !page.hasMore && page.messages.every(({ runId }) => runId === id);
  }
}

const MOST_MESSAGES_LOOKED_AT = 100;
