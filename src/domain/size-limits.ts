import { DomainError } from './errors.js';

export const MEBIBYTE = 1024 * 1024;

/** The message would make the session's history larger than one may be. */
export class SessionFull extends DomainError {
  readonly code = 'session_full';
  constructor(readonly maxBytes: number) {
    super(
      `The session would hold more than ${maxBytes / MEBIBYTE} MB with this message; begin a new session, DELETE this one, or take turns back with \`replaces\`.`,
    );
  }
}

/** The message does not fit what its model can be asked, even alone. */
export class MessageTooLong extends DomainError {
  readonly code = 'message_too_long';
  constructor(readonly maxTokens: number) {
    super(
      `The message is too long: with the agent's instructions it has more than the ${maxTokens} tokens that a prompt may have; shorten it, or send it in parts.`,
    );
  }
}
