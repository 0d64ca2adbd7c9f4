import { LLM_FAILURES } from './llm-failures.js';
import type { OpenCall } from './reply-step.js';

/** Every way a request can be refused or a run can fail. Clients branch on these; they never change meaning. */
export type ErrorCode =
  | 'invalid_request'
  | 'session_not_found'
  | 'session_ambiguous'
  | 'session_busy'
  | 'session_full'
  | 'session_exists'
  | 'message_too_long'
  | 'queue_full'
  | 'run_not_found'
  | 'run_ended'
  | 'lease_lost'
  | 'journal_gap'
  | 'resume_expired'
  | 'invalid_cursor'
  | 'cursor_mismatch'
  | 'idempotency_mismatch'
  | 'overloaded'
  | 'shutting_down'
  | 'store_unavailable'
  | 'call_not_found'
  | 'call_settled'
  | 'call_not_awaiting_approval'
  | 'call_not_yours'
  | LlmErrorCode
  | 'run_failed'
  | 'output_limit'
  | 'step_limit';

/** How an upstream can fail; decided where the upstream is called. */
export type LlmErrorCode = keyof typeof LLM_FAILURES;

/** An error this project names. The message is written for people and may be shown to a client. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

export class SessionNotFound extends DomainError {
  readonly code = 'session_not_found';
  constructor(readonly sessionId: string) {
    super('There is no session with this id; send it a message to begin one.');
  }
}

export class SessionBusy extends DomainError {
  readonly code = 'session_busy';
  constructor(
    readonly runId: string,
    /** What the session waits for; undefined while it is answering. */
    readonly openCalls?: readonly OpenCall[],
  ) {
    super(openCalls === undefined ? IS_ANSWERING : IS_WAITING);
  }
}

const IS_ANSWERING =
  'The session is answering another message; wait for its end, or send on_busy "queue" or "interrupt".';
const IS_WAITING =
  'The session waits for the results of calls; send them, or send on_busy "interrupt" to skip them, or "queue".';

export class QueueFull extends DomainError {
  readonly code = 'queue_full';
  constructor(readonly limit: number) {
    super(`The session already has ${limit} messages waiting; try again when one was answered.`);
  }
}

export class RunNotFound extends DomainError {
  readonly code = 'run_not_found';
  constructor(readonly runId: string) {
    super('There is no run with this id.');
  }
}

/** A write to a run after its ending. The ending that was there stays. */
export class RunEnded extends DomainError {
  readonly code = 'run_ended';
  constructor(readonly runId: string) {
    super('The run has already ended.');
  }
}

/** A write to a run that another process has taken up meanwhile. */
export class LeaseLost extends DomainError {
  readonly code = 'lease_lost';
  constructor(readonly runId: string) {
    super('Another process writes this run now.');
  }
}

/** An append that would leave a hole in the journal: a writer's mistake, never a client's. */
export class JournalGap extends DomainError {
  readonly code = 'journal_gap';
  constructor(runId: string, expected: number, got: number) {
    super(`The journal of run ${runId} goes on with event ${expected}, not ${got}.`);
  }
}

export class ResumeExpired extends DomainError {
  readonly code = 'resume_expired';
  constructor(readonly runId: string) {
    super("The run's stream is no longer kept; read the answer from the session's messages.");
  }
}

export class InvalidCursor extends DomainError {
  readonly code = 'invalid_cursor';
}

export class CursorMismatch extends DomainError {
  readonly code = 'cursor_mismatch';
  constructor() {
    super(
      'Last-Event-ID belongs to a run that was started with another body; send the same body, or no Last-Event-ID.',
    );
  }
}

export class IdempotencyMismatch extends DomainError {
  readonly code = 'idempotency_mismatch';
  constructor() {
    super('This Idempotency-Key was used with another body; use a new key for a new message.');
  }
}

/** No room for another run or session just now. */
export class Overloaded extends DomainError {
  readonly code = 'overloaded';
}

export class ShuttingDown extends DomainError {
  readonly code = 'shutting_down';
  constructor() {
    super('This replica is shutting down and takes no new message; send it again.');
  }
}

/** The store cannot be reached, or does not answer in time: whether the write was made is not known. Every write of the
 *  ports may be repeated as it was. */
export class StoreUnavailable extends DomainError {
  readonly code = 'store_unavailable';
  constructor(options?: ErrorOptions) {
    super('The store cannot be reached just now; try again.', options);
  }
}

interface LlmErrorOptions extends ErrorOptions {
  readonly detail?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly address?: string | undefined;
  readonly status?: number | undefined;
}

/** The upstream failed. `message` is ours, never the provider's; what the provider said is in `detail`, for the log. */
export class LlmError extends DomainError {
  readonly detail: string | undefined;
  /** How long the upstream wants to be left alone, in milliseconds and above 0; undefined where it said nothing of
   *  that. */
  readonly retryAfterMs: number | undefined;
  /** Where the upstream was called: host and path. Undefined where it was not. */
  readonly address: string | undefined;
  /** Of its answer over HTTP, if there was one. */
  readonly status: number | undefined;

  constructor(
    readonly code: LlmErrorCode,
    options: LlmErrorOptions = {},
  ) {
    super(LLM_FAILURES[code].message, options);
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
    this.address = options.address;
    this.status = options.status;
  }

  /** Whether the same message may well succeed when sent again. */
  get retryable(): boolean {
    return LLM_FAILURES[this.code].retryable;
  }

  /** Whether another model may answer the same request. */
  get anotherMayAnswer(): boolean {
    return LLM_FAILURES[this.code].anotherMayAnswer;
  }

  /** Whether it says that the upstream is down. */
  get isOutage(): boolean {
    return LLM_FAILURES[this.code].isOutage;
  }
}
