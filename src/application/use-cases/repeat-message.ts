import { CursorMismatch, InvalidCursor, ResumeExpired, RunNotFound } from '../../domain/errors.js';
import { isSameRequest, type Run, type RunRequest } from '../../domain/run.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { ResumedStream, ResumeStream } from './resume-stream.js';

export interface RepeatMessageInput {
  readonly sessionId: string;
  readonly request: RunRequest;
  readonly runId: string;
  /** The number of the last event seen, 0 for none. */
  readonly after: number;
  /** Give all events, not only those that were not seen. */
  readonly whole?: boolean;
}

/** A message sent again by a client that has seen part of its answer: the run goes on where that client left off, and nothing
 *  is sent to the model again. */
export class RepeatMessage {
  constructor(
    private readonly runs: RunRepository,
    private readonly resumeStream: ResumeStream,
  ) {}

  /** Throws InvalidCursor (a run of another session, or not that far), CursorMismatch (another message), ResumeExpired (the
   *  run or its journal is no longer kept). */
  async execute({ sessionId, request, runId, after, whole }: RepeatMessageInput): Promise<ResumedStream> {
    const run = await this.keptRun(runId);
    if (run.sessionId !== sessionId) throw new InvalidCursor('Last-Event-ID names a run of another session.');
    if (!isSameRequest(run, request)) throw new CursorMismatch();
    return this.resumeStream.execute(runId, after, whole ? 0 : after);
  }

  private async keptRun(runId: string): Promise<Run> {
    try {
      return await this.runs.find(runId);
    } catch (error) {
      if (error instanceof RunNotFound) throw new ResumeExpired(runId);
      throw error;
    }
  }
}
