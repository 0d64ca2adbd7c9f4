import { DomainError } from './errors.js';

/** A session is brought where there is one with its id. */
export class SessionExists extends DomainError {
  readonly code = 'session_exists';
  constructor(readonly sessionId: string) {
    super('There is a session with this id; DELETE it first to have this one in its place.');
  }
}

/** An id names one run, and a session is brought with a run of another one. */
export class RunTaken extends DomainError {
  readonly code = 'invalid_request';
  constructor(readonly runId: string) {
    super('Another session has a run with this id.');
  }
}
