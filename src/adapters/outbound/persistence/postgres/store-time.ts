/** The server's clock, when the statement comes to this. */
export const NOW = 'clock_timestamp()';

/** To compare stored times with: fixed within a statement, so that an index can be used. */
export const STATEMENT_TIME = 'statement_timestamp()';

/** So many milliseconds from now; they are a parameter of the statement. */
export function fromNow(milliseconds: string): string {
  return `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`;
}

/** So many milliseconds ago. */
export function ago(milliseconds: string): string {
  return `statement_timestamp() - ${milliseconds}::float8 * interval '1 millisecond'`;
}
