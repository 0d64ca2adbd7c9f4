import { JournalGap, LeaseLost, LlmError, RunEnded, RunNotFound } from '../domain/errors.js';
import type { FinishReason, Run, RunError, StopCause } from '../domain/run.js';
import { namesOf } from './end-run.js';
import { RUN_FAILED } from './orphan-ending.js';
import type { Logger } from './ports/logger.js';
import { NOT_PREPARED, PreparationTooSlow } from './preparation.js';
import { ReplyTooLong } from './reply-draft.js';

/** Why a run's signal aborts. */
export class RunStopped extends Error {
  constructor(override readonly cause: StopCause) {
    super(`run ${cause}`);
  }
}

/** How the writing of a reply came to its end. */
export interface Outcome {
  readonly finishReason: FinishReason;
  readonly error: RunError | undefined;
}

/** The model asked for calls when it was asked for the last time of its turn. */
export class TooManySteps extends Error {}

/** How a reply ends whose writing failed with this. Throws it where this process has no ending to write. */
export function outcomeOf(error: unknown, run: Run, log: Logger): Outcome {
  if (NOT_OURS.some((kind) => error instanceof kind)) throw error;
  if (error instanceof RunStopped) return { finishReason: error.cause, error: undefined };
  if (error instanceof ReplyTooLong) return { finishReason: 'length', error: OUTPUT_LIMIT };
  if (error instanceof TooManySteps) return { finishReason: 'length', error: STEP_LIMIT };
  if (error instanceof LlmError) return upstreamFailure(error, run, log);
  if (error instanceof PreparationTooSlow) return unprepared(run, log);
  log.error('run failed', { ...namesOf(run), error });
  return { finishReason: 'error', error: RUN_FAILED };
}

function unprepared(run: Run, log: Logger): Outcome {
  log.error('the session could not be read in time', namesOf(run));
  return { finishReason: 'error', error: NOT_PREPARED };
}

function upstreamFailure(failure: LlmError, run: Run, log: Logger): Outcome {
  const { code, message, retryable, address, status, detail, cause } = failure;
  log.warn('upstream failed', { ...namesOf(run), code, address, status, detail, cause });
  return { finishReason: 'error', error: { code, message, retryable } };
}

const STEP_LIMIT: RunError = {
  code: 'step_limit',
  message: 'The model asked for tools again and again; send another message, or raise max_steps of its agent.',
  retryable: false,
};

/** The run is gone, or somebody else's: this process has no ending to write. */
const NOT_OURS = [RunNotFound, RunEnded, LeaseLost, JournalGap];

const OUTPUT_LIMIT: RunError = {
  code: 'output_limit',
  message: 'The answer grew beyond what one run may write; ask for the rest in a new message.',
  retryable: false,
};

/** The upstream has no room for the prompt. */
export function isTooLong(error: unknown): boolean {
  return error instanceof LlmError && error.code === 'upstream_too_long';
}
