import { DatabaseError } from 'pg';
import { StoreUnavailable } from '../../../../domain/errors.js';

/** SQLSTATEs that say "not now": connection, resources, shutdown, standby, time limits, locks, and a server that does
 *  not let us in any more. */
const NOT_NOW = /^(08|28|53|57P|57014|3D000|25006|25P03|25P04|55P03)/;
const COLLISION = new Set(['40001', '40P01']);

/** Two steps can break these rules together though each of them kept to the rules. The one that comes second looks
 *  again. */
const RACED_INDEXES = new Set(['sessions_key', 'keys_key']);

/** Returns StoreUnavailable where the server is to blame, and otherwise what was thrown. */
export function asStoreError(error: unknown): unknown {
  return isUnavailable(error) ? new StoreUnavailable({ cause: error }) : error;
}

/** Whether the same step may succeed when it is made again. */
export function isCollision(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return COLLISION.has(error.code ?? '') || (error.code === '23505' && RACED_INDEXES.has(error.constraint ?? ''));
}

/** Tells whether somebody was faster, and has written what this was to write. */
export function isRaced(error: unknown): boolean {
  return isCollision(error) || (error instanceof DatabaseError && error.code === '23505');
}

/** Tells the operator why waiting would not help. Undefined where it may help. */
export function lastingProblem(error: unknown): string | undefined {
  if (error instanceof UnusableDatabase) return error.message;
  const lasts = error instanceof DatabaseError && /^(28|3D000|42501|3F000)/.test(error.code ?? '');
  return lasts ? error.message : undefined;
}

/** The database is there, and this store cannot work with it. */
export class UnusableDatabase extends Error {}

function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) return NOT_NOW.test(error.code ?? '');
  // pg and sockets report a lost or silent connection with plain errors. A mistake in the code has a class of its own.
  return error instanceof Error && error.constructor === Error;
}
