import { StoreUnavailable } from '../../../../domain/errors.js';

/** SQLite's primary result codes, as far as we tell them apart. https://sqlite.org/rescode.html */
export const SQLITE_BUSY = 5;
export const SQLITE_READONLY = 8;
export const SQLITE_IOERR = 10;
export const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
export const SQLITE_CANTOPEN = 14;
export const SQLITE_NOTADB = 26;

/** These pass when somebody makes room, gives a right back or mounts the disk again. */
const PASSING: ReadonlySet<number | undefined> = new Set([
  SQLITE_BUSY,
  SQLITE_READONLY,
  SQLITE_IOERR,
  SQLITE_FULL,
  SQLITE_CANTOPEN,
]);

/** The primary result code of what SQLite threw; undefined for any other error. */
export function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  // The upper bits tell more.
  return error.errcode & 0xff;
}

/** What a port throws for an error of SQLite; any other error is thrown as it is. */
export function storeErrorOf(error: unknown): unknown {
  return PASSING.has(resultCodeOf(error)) || isClosed(error) ? new StoreUnavailable({ cause: error }) : error;
}

/** The store was closed meanwhile, and node:sqlite has no code for that. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
}
