import { RunNotFound, SessionNotFound } from '../../domain/errors.js';
import type { OpenCall } from '../../domain/reply-step.js';
import type { Run } from '../../domain/run.js';
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
  async execute(runId: string): Promise<RunWithCalls> {
    return this.withCalls(await this.runs.find(runId));
  }

  /** The same for a run that was found before. Throws RunNotFound where its session was deleted meanwhile. */
  async withCalls(run: Run): Promise<RunWithCalls> {
    if (run.finishReason !== 'tool_calls') return { run, openCalls: [] };
    try {
      const openCalls = await this.sessions.openCalls(run.sessionId);
      return { run, openCalls: openCalls.filter(({ runId }) => runId === run.id) };
    } catch (error) {
      throw error instanceof SessionNotFound ? new RunNotFound(run.id) : error;
    }
  }
}
