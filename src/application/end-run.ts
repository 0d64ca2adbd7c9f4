import { ResumeExpired } from '../domain/errors.js';
import { brokenOff, type ReplyStep, type WaitingCall } from '../domain/reply-step.js';
import type { Run, RunEnding } from '../domain/run.js';
import { callAnswered } from '../domain/run-event.js';
import type { ToolCall } from '../domain/tool-call.js';
import { type KeptReply, NOTHING_WRITTEN, withJournalled } from './kept-reply.js';
import { whileStoreIsAway } from './patience.js';
import type { Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';
import type { RunJournal } from './ports/run-journal.js';
import type { EndedTurn, RunRepository } from './ports/run-repository.js';

/** What is left of a run when it ends. */
export interface WrittenReply extends Omit<RunEnding, 'at'> {
  /** The text of all token chunks, joined. */
  readonly text: string;
  /** The number of the last event appended; 0 when there was none. */
  readonly lastSequence: number;
  /** The answers of the model that asked for calls. */
  readonly steps?: readonly ReplyStep[];
  /** Those of their calls that a client or a person is to settle. */
  readonly open?: readonly WaitingCall[];
  /** The calls that servers were making, which readers were told of. */
  readonly making?: readonly ToolCall[];
}

export interface EndRunPorts {
  readonly runs: RunRepository;
  readonly journal: RunJournal;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Brings a run to its ending, also while the store is away for a time. */
export class EndRun {
  /** The runs that come next are left to other processes, if there are any. */
  handsOver = false;

  constructor(private readonly ports: EndRunPorts) {}

  /** Returns the run whose turn is next, if this process is to write it. Throws what `RunRepository.end` throws, but
   *  not StoreUnavailable: then it tries again, until `giveUp` aborts, and throws its reason. */
  async execute(run: Run, { text, steps, open, making = [], ...reply }: WrittenReply, giveUp: AbortSignal) {
    const { lastSequence: told, ...outcome } = reply;
    const ending = { ...outcome, at: this.ports.clock.now() };
    const lastSequence = told + (await this.tellBrokenOff(run, making, ending, told, giveUp));
    const end = (): Promise<EndedTurn> =>
      this.ports.runs.end(run, { ending, text, lastSequence, steps, open, handsOver: this.handsOver });
    const ended = await whileStoreIsAway(end, giveUp);
    this.report(ended.run, lastSequence);
    return ended.next;
  }

  /** The same for a run whose writer is gone: the reply is what the journal holds. Nobody else may write it
   *  meanwhile. */
  async asJournalled(run: Run, outcome: Omit<RunEnding, 'at'>, giveUp: AbortSignal): Promise<Run | undefined> {
    const { last } = await whileStoreIsAway(() => this.ports.journal.position(run.id), giveUp);
    const reply = await this.keptReply(run, last, giveUp);
    return this.execute(run, { ...outcome, ...reply, lastSequence: last }, giveUp);
  }

  /** Readers were told of these calls, and so they are told that nobody waits for the results any more. */
  private async tellBrokenOff(
    run: Run,
    calls: readonly ToolCall[],
    { finishReason, at }: RunEnding,
    last: number,
    giveUp: AbortSignal,
  ): Promise<number> {
    if (calls.length === 0) return 0;
    const results = calls.map(({ callId }) => brokenOff(callId, finishReason === 'cancelled', at));
    const events = results.map((result, index) => ({ ...callAnswered(result, calls), sequence: last + index + 1 }));
    await whileStoreIsAway(async () => this.ports.journal.append(run, events, giveUp), giveUp);
    return events.length;
  }

  /** A journal that the store has lost has no text, and must not keep its run open for ever. */
  private async keptReply(run: Run, last: number, giveUp: AbortSignal): Promise<KeptReply> {
    try {
      return await this.replyUpTo(run, last, giveUp);
    } catch (error) {
      if (!(error instanceof ResumeExpired)) throw error;
      this.ports.log.error('the store has lost the journal of a run', namesOf(run));
      return NOTHING_WRITTEN;
    }
  }

  private async replyUpTo(run: Run, last: number, giveUp: AbortSignal): Promise<KeptReply> {
    let reply = NOTHING_WRITTEN;
    let position = 0;
    if (last === 0) return reply;
    const at = this.ports.clock.now();
    const whole = new AbortController();
    await this.ports.journal.read(run.id, 0, AbortSignal.any([giveUp, whole.signal]), (events) => {
      for (const event of events) reply = withJournalled(reply, event, run, at);
      position += events.length;
      if (position >= last) whole.abort();
      return undefined;
    });
    if (position < last) throw giveUp.reason;
    return reply;
  }

  private report(run: Run, events: number): void {
    const milliseconds = (run.endedAt?.getTime() ?? 0) - run.createdAt.getTime();
    const { finishReason, attempts, model } = run;
    this.ports.log.info('run ended', { ...namesOf(run), finishReason, model, attempts, tokens: events, milliseconds });
  }
}

/** The fields that let every line of a run be found. */
export function namesOf(run: Run): { requestId: string; runId: string; sessionId: string } {
  return { requestId: run.requestId, runId: run.id, sessionId: run.sessionId };
}
