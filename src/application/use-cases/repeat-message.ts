import { type Caller, seenBy } from '../../domain/caller.js';
import { CursorMismatch, InvalidCursor, ResumeExpired, RunNotFound } from '../../domain/errors.js';
import { isSameRequest, type Run, type RunRequest } from '../../domain/run.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { ResumedStream, ResumeStream } from './resume-stream.js';

export interface RepeatMessageInput {
  readonly sessionId: string;
  readonly by: Caller;
  readonly request: RunRequest;
  readonly runId: string;
  /** The number of the last event seen, 0 for none. */
  readonly after: number;
  /** Give all events, not only those that were not seen. */
  readonly whole?: boolean;
}

/** A message sent again by a client that has seen part of its answer: the run goes on where that client left off, and
 *  nothing is sent to the model again. */
export class RepeatMessage {
  constructor(
    private readonly runs: RunRepository,
    private readonly resumeStream: ResumeStream,
  ) {}

  /** Throws InvalidCursor (a run of another session, or not that far), CursorMismatch (another message), ResumeExpired
   *  (the run or its journal is no longer kept). */
  async execute({ sessionId, by, request, runId, after, whole }: RepeatMessageInput): Promise<ResumedStream> {
    const run = await unlessGone(this.found(runId, by));
    if (run.sessionId !== sessionId) throw new InvalidCursor('Last-Event-ID names a run of another session.');
    if (!isSameRequest(run, request)) throw new CursorMismatch();
    return unlessGone(this.resumeStream.execute(runId, by, after, whole ? 0 : after));
  }

  private async found(runId: string, by: Caller): Promise<Run> {
    return seenBy(by, await this.runs.find(runId));
  }
}

/** A run that is gone is one whose answer cannot be resumed any more. */
async function unlessGone<Found>(looking: Promise<Found>): Promise<Found> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof RunNotFound) throw new ResumeExpired(error.runId);
    throw error;
  }
}
