import { DomainError } from './errors.js';

/** Told only to a caller who names no user. */
export class SessionAmbiguous extends DomainError {
  readonly code = 'session_ambiguous';
  constructor() {
    super('Several users have a session with this id; say in X-User-Id whose is meant.');
  }
}
