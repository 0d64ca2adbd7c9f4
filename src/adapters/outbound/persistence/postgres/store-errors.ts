import { DatabaseError } from 'pg';
import { StoreUnavailable } from '../../../../domain/errors.js';

/** SQLSTATEs that say "not now": connection, resources, shutdown, standby, time limits, locks, and a server that does
 *  not let us in any more. */
const NOT_NOW = /^(08|28|53|57P|57014|3D000|25006|25P03|25P04|55P03)/;
const COLLISION = new Set(['40001', '40P01']);

/** The rules that two steps can break together though each kept them: whoever comes second looks again. */
const RACED_INDEXES = new Set(['sessions_key', 'keys_key']);

/** What was thrown, as StoreUnavailable when the server is to blame. */
export function asStoreError(error: unknown): unknown {
  return isUnavailable(error) ? new StoreUnavailable({ cause: error }) : error;
}

/** The same step made again may succeed. */
export function isCollision(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return COLLISION.has(error.code ?? '') || (error.code === '23505' && RACED_INDEXES.has(error.constraint ?? ''));
}

/** Why no waiting would help, for the operator; undefined when it may. */
export function lastingProblem(error: unknown): string | undefined {
  if (error instanceof UnusableDatabase) return error.message;
  const lasts = error instanceof DatabaseError && /^(28|3D000|42501|3F000)/.test(error.code ?? '');
  return lasts ? error.message : undefined;
}

/** The database is there and cannot be worked with. */
export class UnusableDatabase extends Error {}

function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) return NOT_NOW.test(error.code ?? '');
  // pg and sockets tell of a connection that is lost or silent with plain errors; a mistake in the code has a class.
  return error instanceof Error && error.constructor === Error;
}
