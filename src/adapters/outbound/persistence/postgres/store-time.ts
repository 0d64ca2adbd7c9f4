import { sql } from 'kysely';

/** The server's clock, when the statement comes to this. */
export const now = sql<Date>`clock_timestamp()`;

export function fromNow(milliseconds: number) {
  return sql<Date>`clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`;
}

/** To compare stored times with: fixed within a statement, so that an index can be used. */
export const statementTime = sql<Date>`statement_timestamp()`;

export function before(milliseconds: number) {
  return sql<Date>`statement_timestamp() - ${milliseconds}::float8 * interval '1 millisecond'`;
}
