import { DomainError } from './errors.js';

/** What is said of a call cannot be so, now or later. */
export abstract class CallError extends DomainError {}

export class CallNotFound extends CallError {
  readonly code = 'call_not_found';
  constructor(callId: string) {
    super(`The session has no call ${callId}; its open ones are in GET /agent/sessions/{id}/calls.`);
  }
}

/** What is said of a call now is not what was said of it before. */
export class CallSettled extends CallError {
  readonly code = 'call_settled';
  constructor(callId: string) {
    super(`The call ${callId} was settled before, and otherwise.`);
  }
}

/** A server runs the call: no client can give its result. */
export class CallNotYours extends CallError {
  readonly code = 'call_not_yours';
  constructor(callId: string) {
    super(`The call ${callId} is run by a server; only a decision can be sent for it.`);
  }
}

export class CallNotAwaitingApproval extends CallError {
  readonly code = 'call_not_awaiting_approval';
  constructor(callId: string) {
    super(`The call ${callId} needs no approval; send its result.`);
  }
}
