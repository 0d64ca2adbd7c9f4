import { LlmError, RunNotFound } from '../domain/errors.js';
import type { FinishReason, Run, RunError, StopCause } from '../domain/run.js';
import type { TokenChunk } from '../domain/token-chunk.js';
import type { Clock } from './ports/clock.js';
import type { LlmGateway } from './ports/llm-gateway.js';
import type { Logger } from './ports/logger.js';
import type { RunJournal } from './ports/run-journal.js';
import type { RunRepository } from './ports/run-repository.js';
import type { SessionRepository } from './ports/session-repository.js';
import { buildPrompt } from './prompt.js';
import { ReplyDraft, ReplyTooLong } from './reply-draft.js';

/** Why a run's signal aborts. */
export class RunStopped extends Error {
  constructor(override readonly cause: StopCause) {
    super(`run ${cause}`);
  }
}

/** How the writing of a reply came to its end. */
interface Outcome {
  readonly finishReason: FinishReason;
  readonly error: RunError | undefined;
}

export interface GenerateReplyPorts {
  readonly sessions: SessionRepository;
  readonly runs: RunRepository;
  readonly journal: RunJournal;
  readonly gateway: LlmGateway;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The pump: gateway -> journal -> stored message. The only place that writes a run. */
export class GenerateReply {
  constructor(
    private readonly ports: GenerateReplyPorts,
    private readonly systemPrompt: string,
  ) {}

  /** Answers a run whose turn it is, to its ending, and returns the run whose turn is next, if any.
   *  `signal` aborts with RunStopped: the run ends with that cause, its partial kept.
   *  Whatever fails is the run's ending. Throws only when the ending cannot be stored: RunNotFound when the session was
   *  deleted meanwhile, RunEnded. */
  async execute(run: Run, signal: AbortSignal): Promise<Run | undefined> {
    const draft = new ReplyDraft();
    const outcome = await this.write(run, draft, signal);
    const ending = { ...outcome, usage: draft.usage, at: this.ports.clock.now() };
    const { text, lastSequence } = draft;
    const ended = await this.ports.runs.end(run.id, { ending, text, lastSequence });
    this.report(ended.run, lastSequence);
    return ended.next;
  }

  private async write(run: Run, draft: ReplyDraft, signal: AbortSignal): Promise<Outcome> {
    try {
      signal.throwIfAborted();
      await this.stream(run, draft, signal);
      return { finishReason: draft.finishReason ?? 'stop', error: undefined };
    } catch (error) {
      return this.outcomeOf(signal.aborted ? signal.reason : error, run);
    }
  }

  private async stream(run: Run, draft: ReplyDraft, signal: AbortSignal): Promise<void> {
    const { sessions, runs, gateway } = this.ports;
    const history = await sessions.messages(run.sessionId, run.id);
    await runs.begin(run.id);
    for await (const parts of gateway.complete(buildPrompt(this.systemPrompt, history), signal)) {
      await this.keep(run, draft, draft.read(parts), signal);
    }
    await this.keep(run, draft, draft.rest(), signal);
  }

  /** What was journalled is part of the reply; what no longer fits is not. */
  private async keep(run: Run, draft: ReplyDraft, chunks: readonly TokenChunk[], signal: AbortSignal): Promise<void> {
    const fitting = draft.withinLimit(chunks);
    if (fitting.length > 0) await this.ports.journal.append(run.id, fitting, signal);
    draft.keep(fitting);
    if (fitting.length < chunks.length) throw new ReplyTooLong();
  }

  private outcomeOf(error: unknown, run: Run): Outcome {
    if (error instanceof RunNotFound) throw error;
    if (error instanceof RunStopped) return { finishReason: error.cause, error: undefined };
    if (error instanceof ReplyTooLong) return { finishReason: 'length', error: OUTPUT_LIMIT };
    if (error instanceof LlmError) return this.upstreamFailure(error, run);
    this.ports.log.error('run failed', { ...namesOf(run), error });
    return { finishReason: 'error', error: RUN_FAILED };
  }

  private upstreamFailure(error: LlmError, run: Run): Outcome {
    const { code, message, retryable, detail } = error;
    this.ports.log.warn('upstream failed', { ...namesOf(run), code, detail, cause: error.cause });
    return { finishReason: 'error', error: { code, message, retryable } };
  }

  private report(run: Run, events: number): void {
    const milliseconds = (run.endedAt?.getTime() ?? 0) - run.createdAt.getTime();
    const { finishReason, attempts } = run;
    this.ports.log.info('run ended', { ...namesOf(run), finishReason, attempts, tokens: events, milliseconds });
  }
}

/** The fields that let every line of a run be found. */
export function namesOf(run: Run): { requestId: string; runId: string; sessionId: string } {
  return { requestId: run.requestId, runId: run.id, sessionId: run.sessionId };
}

const OUTPUT_LIMIT: RunError = {
  code: 'output_limit',
  message: 'The answer grew beyond what one run may write; ask for the rest in a new message.',
  retryable: false,
};

const RUN_FAILED: RunError = {
  code: 'run_failed',
  message: 'The answer failed inside the service; try again.',
  retryable: true,
};
