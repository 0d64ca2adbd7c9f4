/** The server's clock at the moment at which the statement comes to this place. */
export const NOW = 'clock_timestamp()';

/** A time to compare stored times with. It stands still within a statement, so that the server can use an index. */
export const STATEMENT_TIME = 'statement_timestamp()';

/** So many milliseconds from now; they are a parameter of the statement. */
export function fromNow(milliseconds: string): string {
  return `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`;
}

/** So many milliseconds ago. */
export function ago(milliseconds: string): string {
  return `statement_timestamp() - ${milliseconds}::float8 * interval '1 millisecond'`;
}
