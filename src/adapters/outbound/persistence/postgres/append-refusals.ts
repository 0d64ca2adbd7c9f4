import { DomainError, JournalGap, LeaseLost, RunEnded, RunNotFound } from '../../../../domain/errors.js';
import { headHeldBy } from '../../../../domain/held-head.js';
import type { SeenSession } from '../../../../domain/session-head.js';
import { readHead } from '../ledger-codec.js';
import type { JournalAppend } from './journal-events.js';
import type { PostgresDatabase } from './postgres-database.js';
import { isThere, type RunRow, recordOf } from './session-rows.js';

const STANDINGS = `
  select runs.id, runs.birth::text, runs.outcome::text, sessions.head::text, journals.last_sequence as last
  from @runs as runs
  join @journals as journals on journals.run = runs.id
  join @sessions as sessions on sessions.life = runs.session
  where runs.id = any ($1::text[]) and ${isThere('$2')}`;

interface StandingRow extends RunRow {
  readonly id: string;
  readonly head: string;
  readonly last: number;
}

/** Tells why these appends were not taken, in their order. Undefined where nothing is wrong with an append, because
 *  its row was only locked. */
export async function refusalsOf(
  database: PostgresDatabase,
  appends: readonly JournalAppend[],
  sessionTtlMilliseconds: number,
): Promise<readonly (DomainError | undefined)[]> {
  const runs = appends.map(({ lease }) => lease.id);
  const rows = await database.run<StandingRow>(STANDINGS, [runs, sessionTtlMilliseconds]);
  const standings = new Map(rows.map((row) => [row.id, row]));
  return appends.map((append) => refusalOf(append, standings.get(append.lease.id)));
}

/** Whether this process may no longer write the run. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RunNotFound || error instanceof RunEnded || error instanceof LeaseLost;
}

function refusalOf({ lease, chunks }: JournalAppend, standing: StandingRow | undefined): DomainError | undefined {
  try {
    headHeldBy(seenIn(standing), lease);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  const expected = (standing?.last ?? 0) + 1;
  const first = chunks[0]?.sequence ?? expected;
  return first > expected ? new JournalGap(lease.id, expected, first) : undefined;
}

function seenIn(standing: StandingRow | undefined): SeenSession {
  const record = standing && recordOf(standing);
  const runs = record === undefined ? [] : ([[record.birth.id, record]] as const);
  return { head: standing && readHead(standing.head), runs: new Map(runs), keyed: undefined };
}
