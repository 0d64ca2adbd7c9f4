import { type Caller, seenBy } from '../../domain/caller.js';
import { SessionNotFound } from '../../domain/errors.js';
import type { OpenCall } from '../../domain/reply-step.js';
import type { Run } from '../../domain/run.js';
import { sessionKeyOf } from '../ledger/session-key.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { SessionRepository } from '../ports/session-repository.js';

export interface RunWithCalls {
  readonly run: Run;
  /** Those of its calls that are open, in their order. */
  readonly openCalls: readonly OpenCall[];
}

/** A run as it stands. */
export class GetRun {
  constructor(
    private readonly runs: RunRepository,
    private readonly sessions: Pick<SessionRepository, 'openCalls'>,
  ) {}

  /** Throws RunNotFound. */
  async execute(runId: string, by: Caller): Promise<RunWithCalls> {
    return this.withCalls(seenBy(by, await this.runs.find(runId)));
  }

  /** The same for a run that was found before. */
  async withCalls(run: Run): Promise<RunWithCalls> {
    return { run, openCalls: run.finishReason === 'tool_calls' ? await this.openCalls(run) : [] };
  }

  /** The calls of this run that are open by now; none where its session is gone. */
  async openCalls(run: Run): Promise<readonly OpenCall[]> {
    try {
      return (await this.sessions.openCalls(sessionKeyOf(run))).filter(({ runId }) => runId === run.id);
    } catch (error) {
      if (error instanceof SessionNotFound) return [];
      throw error;
    }
  }
}
