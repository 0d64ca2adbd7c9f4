import type { Agents } from '../domain/agents.js';
import { openingEvents } from '../domain/chosen-agent.js';
import { ResumeExpired, RunNotFound, SessionNotFound } from '../domain/errors.js';
import { type EndedRun, isEnded, type Run } from '../domain/run.js';
import { endEvents, type RunEvent, retoldEvents } from '../domain/run-event.js';
import type { TakeEvents } from './ports/run-journal.js';
import type { SessionRepository } from './ports/session-repository.js';
import type { RunReaders } from './run-readers.js';
import type { ResumeStream } from './use-cases/resume-stream.js';

export interface ReadableRun {
  readonly run: Run;
  /** Hands over the run's events from its start, in batches, to the ending, as `RunJournal.read` promises it. Aborting
   *  `signal` does not stop the run unless it was sent to be cancelled then. */
  read(signal: AbortSignal, take: TakeEvents): Promise<void>;
}

/** A run from its start, for whoever began it, now or before. */
export class RunReplay {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'answerOf'>,
    private readonly readers: RunReaders,
    private readonly resumeStream: ResumeStream,
    private readonly agents: Agents,
  ) {}

  /** One that was just begun. */
  begun(run: Run): ReadableRun {
    return { run, read: (signal, take) => this.readers.read(run, 0, signal, take) };
  }

  /** One that was begun before. What began it is kept longer than the journal: after that, the answer is told from the
   *  history. */
  async again(run: Run): Promise<ReadableRun> {
    try {
      return await this.resumeStream.execute(run.id, { userId: run.userId }, 0);
    } catch (error) {
      // Its session was deleted just now: its ending can still be read.
      if (error instanceof RunNotFound) return this.begun(run);
      if (!(error instanceof ResumeExpired && isEnded(run))) throw error;
      const events = await this.retold(run);
      return { run, read: async (_signal, take) => take(events) };
    }
  }

  private async retold(run: EndedRun): Promise<readonly RunEvent[]> {
    try {
      return retoldEvents(run, openingEvents(run, this.agents), await this.sessions.answerOf(run));
    } catch (error) {
      if (!(error instanceof SessionNotFound)) throw error;
      return endEvents({ finishReason: 'cancelled', usage: undefined, error: undefined }, 1);
    }
  }
}
