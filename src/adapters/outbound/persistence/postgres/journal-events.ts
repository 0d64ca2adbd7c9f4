import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { JournalledEvent, RunEvent } from '../../../../domain/run-event.js';
import { fenceOf } from '../../../../domain/session-head.js';
import type { JournalPage, JournalSource } from '../journal-feed.js';
import { readEndEvent } from '../ledger-codec.js';
import { readPiece, writtenPiece } from '../stored-pieces.js';
import type { PostgresDatabase } from './postgres-database.js';

/** What one writer wants to add: at least one chunk. */
export interface JournalAppend {
  readonly lease: RunLease;
  readonly chunks: readonly JournalledEvent[];
}

/** The statement passes over a row that somebody else has locked. It sees a row that was just changed as it is now,
 *  so it turns away a writer that was replaced. */
const ADD = `
  with wanted as (
    select * from unnest($1::text[], $2::text[], $3::int[], $4::int[]) as wanted (run, fence, first, last)
  ), writable as (
    select journals.run, journals.last_sequence as kept, wanted.last
    from wanted join @journals as journals on journals.run = wanted.run
    where journals.fence = wanted.fence and wanted.first <= journals.last_sequence + 1
    for no key update of journals skip locked
  ), counted as (
    update @journals as journals set last_sequence = writable.last
    from writable where journals.run = writable.run and writable.last > writable.kept
  ), added as (
    insert into @events (run, sequence, text)
    select piece.run, piece.sequence, piece.text
    from unnest($5::text[], $6::int[], $7::text[]) as piece (run, sequence, text)
    join writable on writable.run = piece.run and writable.kept < piece.sequence
  )
  select run, kept from writable`;

/** A text has at least as many bytes as characters. */
const PAGE = `
  select journals.closed_at is not null as has_ended, journals.is_kept, page.sequence, page.text, page.ending
  from @journals as journals left join lateral (
    select *, sum(octet_length(text)) over (order by sequence rows between unbounded preceding and 1 preceding) as ahead
    from (
      select sequence, text, ending from @events
      where run = journals.run and sequence > $2 order by sequence limit ${MAX_BATCH_EVENTS}
    ) as next
  ) as page on coalesce(page.ahead, 0) < ${MAX_BATCH_CHARACTERS}
  where journals.run = $1 order by page.sequence`;

/** The rows of all journals. */
export class JournalEvents implements JournalSource {
  constructor(private readonly database: PostgresDatabase) {}

  /** Adds to the journals of many runs in one statement, at most one append for each run. Returns, by run, the
   *  number of the last event before. A run that is missing in the answer took nothing: its fence or place was
   *  wrong, or somebody else had its row locked. */
  async add(appends: readonly JournalAppend[]): Promise<ReadonlyMap<string, number>> {
    const pieces = appends.flatMap(({ lease, chunks }) =>
      chunks.map((event) => ({ run: lease.id, sequence: event.sequence, text: writtenPiece(event) })),
    );
    const rows = await this.database.run<{ readonly run: string; readonly kept: number }>(ADD, [
      appends.map(({ lease }) => lease.id),
      appends.map(({ lease }) => fenceOf(lease)),
      appends.map(({ chunks }) => chunks[0]?.sequence),
      appends.map(({ chunks }) => chunks.at(-1)?.sequence),
      pieces.map(({ run }) => run),
      pieces.map(({ sequence }) => sequence),
      pieces.map(({ text }) => text),
    ]);
    return new Map(rows.map(({ run, kept }) => [run, kept]));
  }

  /** Also finds the journal of a deleted session until the purge, for readers that came before. */
  async page(runId: string, after: number): Promise<JournalPage> {
    const rows = await this.database.run<PageRow>(PAGE, [runId, after]);
    const [first] = rows;
    if (first === undefined) throw new RunNotFound(runId);
    if (!first.is_kept) throw new ResumeExpired(runId);
    return { events: rows.flatMap(toEvents), ended: first.has_ended };
  }
}

interface PageRow {
  readonly has_ended: boolean;
  readonly is_kept: boolean;
  /** Null where the page has no events, which is one row. */
  readonly sequence: number | null;
  readonly text: string | null;
  readonly ending: string | null;
}

function toEvents({ sequence, text, ending }: PageRow): readonly RunEvent[] {
  if (sequence === null) return [];
  if (text !== null) return [readPiece(text, sequence)];
  // An ending that may stand anywhere has its number only in the row.
  return ending === null ? [] : [{ ...readEndEvent(ending), sequence }];
}
