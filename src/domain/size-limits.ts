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
