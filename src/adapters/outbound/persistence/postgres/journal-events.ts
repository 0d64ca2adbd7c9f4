import { sql } from 'kysely';
import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import type { TokenChunk } from '../../../../domain/token-chunk.js';
import type { JournalPage, JournalSource } from '../journal-feed.js';
import { parseEndEvent } from '../stored-shapes.js';
import type { PostgresDatabase } from './postgres-database.js';

/** What one writer has to add; at least one chunk. */
export interface JournalAppend {
  readonly lease: RunLease;
  readonly chunks: readonly TokenChunk[];
}

/** The rows of all journals. */
export class JournalEvents implements JournalSource {
  constructor(private readonly database: PostgresDatabase) {}

  /** Adds to the journals of many runs in one statement, at most one append for each. Returns, by run, the number of the last
   *  event that was there before. Runs that are missing in it have taken nothing: the lease or the place was wrong, or somebody
   *  else has the row locked just now. */
  async add(appends: readonly JournalAppend[]): Promise<ReadonlyMap<string, number>> {
    const runs = this.database.table('runs');
    const pieces = appends.flatMap(({ lease, chunks }) => chunks.map((chunk) => ({ run: lease.id, ...chunk })));
    const { rows } = await sql<{ id: string; kept: number }>`
      with wanted as (
        select * from unnest(
          ${appends.map(({ lease }) => lease.id)}::text[],
          ${appends.map(({ lease }) => lease.epoch)}::int[],
          ${appends.map(({ chunks }) => chunks[0]?.sequence)}::int[],
          ${appends.map(({ chunks }) => chunks.at(-1)?.sequence)}::int[]
        ) as wanted (run, epoch, first, last)
      ), writable as (
        select runs.id, runs.last_sequence as kept, wanted.last
        from wanted join ${runs} as runs on runs.id = wanted.run
        where runs.status = 'running' and runs.epoch = wanted.epoch and runs.epoch > 0 and wanted.first <= runs.last_sequence + 1
        for no key update of runs skip locked
      ), counted as (
        update ${runs} as runs set last_sequence = writable.last
        from writable where runs.id = writable.id and writable.last > writable.kept
      ), added as (
        insert into ${this.database.table('events')} (run, sequence, text)
        select piece.run, piece.sequence, piece.text
        from unnest(
          ${pieces.map(({ run }) => run)}::text[],
          ${pieces.map(({ sequence }) => sequence)}::int[],
          ${pieces.map(({ text }) => text)}::text[]
        ) as piece (run, sequence, text)
        join writable on writable.id = piece.run and writable.kept < piece.sequence
      )
      select id, kept from writable`.execute(this.database.queries);
    return new Map(rows.map(({ id, kept }) => [id, kept]));
  }

  /** Of a deleted session too, as long as it is not purged: some readers were there before. */
  async page(runId: string, after: number): Promise<JournalPage> {
    const { rows } = await this.select(runId, after);
    const [first] = rows;
    if (first === undefined) throw new RunNotFound(runId);
    if (!first.is_kept) throw new ResumeExpired(runId);
    return { events: rows.flatMap(toEvents), ended: first.has_ended };
  }

  /** A text has at least as many bytes as characters. */
  private select(runId: string, after: number) {
    return sql<PageRow>`
      select runs.closed_at is not null as has_ended, runs.journal_kept as is_kept, page.sequence, page.text, page.ending
      from ${this.database.table('runs')} as runs left join lateral (
        select *, sum(octet_length(text)) over (order by sequence rows between unbounded preceding and 1 preceding) as ahead
        from (
          select sequence, text, ending from ${this.database.table('events')}
          where run = runs.id and sequence > ${after} order by sequence limit ${sql.lit(MAX_BATCH_EVENTS)}
        ) as next
      ) as page on coalesce(page.ahead, 0) < ${sql.lit(MAX_BATCH_CHARACTERS)}
      where runs.id = ${runId} order by page.sequence`.execute(this.database.queries);
  }
}

interface PageRow {
  readonly has_ended: boolean;
  readonly is_kept: boolean;
  /** Null on the one row of a page without events. */
  readonly sequence: number | null;
  readonly text: string | null;
  readonly ending: string | null;
}

function toEvents({ sequence, text, ending }: PageRow): readonly RunEvent[] {
  if (sequence === null) return [];
  if (text !== null) return [{ type: 'text-delta', sequence, text }];
  return ending === null ? [] : [parseEndEvent(ending)];
}
