import { DomainError } from './errors.js';

/** What is wrong with a field of what somebody wrote, and what would be right. */
export interface FieldProblem {
  /** Below what was looked at; empty where that is wrong itself. */
  readonly path: readonly (string | number)[];
  /** Goes on where the path ends: `must be …`. Never with the value: who shows the problem knows whether that is a
   *  secret. */
  readonly message: string;
}

/** What somebody wrote was right by itself, and does not fit what it is for. */
export class UnfitFields extends DomainError {
  readonly code = 'invalid_request';
  constructor(readonly problems: readonly FieldProblem[]) {
    super(problems.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  }
}
