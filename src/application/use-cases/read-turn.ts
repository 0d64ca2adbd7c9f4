import type { Caller } from '../../domain/caller.js';
import type { CallResult } from '../../domain/reply-step.js';
import type { Run } from '../../domain/run.js';
import type { RunRepository } from '../ports/run-repository.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { ReadableRun, RunReplay } from '../run-replay.js';

/** A run as a part of its turn. */
export interface TurnPart extends ReadableRun {
  /** What became of calls of the run before, other than those that this run makes. */
  readonly results: readonly CallResult[];
}

/** Answers that took several runs, since calls were settled between them, each from its start. */
export class ReadTurn {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'locate' | 'answerOf' | 'latestRun'>,
    private readonly runs: Pick<RunRepository, 'find'>,
    private readonly replay: Pick<RunReplay, 'again'>,
  ) {}

  /** The runs of the last turn of a session, in their order. Throws SessionNotFound, SessionAmbiguous, RunNotFound. */
  async latest(sessionId: string, by: Caller): Promise<readonly TurnPart[]> {
    const parts: TurnPart[] = [];
    const { key } = await this.sessions.locate(sessionId, by);
    for (let run = await this.sessions.latestRun(key); ; run = await this.runs.find(run.continues.after)) {
      parts.unshift({ ...(await this.replay.again(run)), results: await this.resultsBefore(run) });
      if (run.continues === undefined) return parts;
    }
  }

  /** What became of the calls that a run goes on from, other than those that it makes itself; none where it begins a
   *  turn. */
  async resultsBefore({ continues }: Run): Promise<readonly CallResult[]> {
    if (continues === undefined) return [];
    const before = await this.runs.find(continues.after);
    const { steps } = await this.sessions.answerOf(before);
    const made = continues.allowed?.map(({ callId }) => callId) ?? [];
    return steps.at(-1)?.results.filter(({ callId }) => !made.includes(callId)) ?? [];
  }
}
