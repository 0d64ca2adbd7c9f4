import { z } from 'zod';
import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS } from '../../../../application/ports/run-journal.js';
import { RunNotFound } from '../../../../domain/errors.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import { parseEndEvent } from '../stored-shapes.js';
import type { Expiry } from './expiry.js';
import { IS_LIVE } from './session-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Where the journal of a run stands. */
export interface StoredJournal {
  /** The key of its run. */
  readonly run: number;
  /** The run's session is neither deleted nor expired. */
  readonly isLive: boolean;
  readonly epoch: number;
  readonly last: number;
  readonly ended: boolean;
  /** Ended so long ago that nobody begins to read it any more. */
  readonly expired: boolean;
  /** Nothing of it is there any more. */
  readonly purged: boolean;
}

/** The journals. Its methods are parts of a step of the database. */
export class JournalRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
  ) {}

  find(runId: string): StoredJournal | undefined {
    const { sessionHorizon, journalHorizon } = this.expiry;
    const row = this.database.row(
      `SELECT r.key AS run, ${IS_LIVE} AS isLive, r.epoch, r.closed_at IS NOT NULL AS ended,
         coalesce(r.closed_at <= :journalHorizon, 0) AS expired, r.journal_purged AS purged,
         (SELECT coalesce(max(sequence), 0) FROM journal WHERE run = r.key) AS last
       FROM runs AS r JOIN sessions AS s ON s.key = r.session WHERE r.id = :runId`,
      { runId, sessionHorizon, journalHorizon },
    );
    return row === undefined ? undefined : storedJournal.parse(row);
  }

  /** Throws RunNotFound. */
  get(runId: string): StoredJournal {
    const found = this.find(runId);
    if (found === undefined || !found.isLive) throw new RunNotFound(runId);
    return found;
  }

  /** The number of the last event; 0 when there is none. */
  last(run: number): number {
    return lastRow.parse(
      this.database.row('SELECT coalesce(max(sequence), 0) AS last FROM journal WHERE run = :run', { run }),
    ).last;
  }

  append(run: number, events: readonly RunEvent[]): void {
    for (const event of events) {
      const isText = event.type === 'text-delta';
      this.database.run('INSERT INTO journal (run, sequence, text, ending) VALUES (:run, :sequence, :text, :ending)', {
        run,
        sequence: event.sequence,
        text: isText ? event.text : null,
        ending: isText ? null : JSON.stringify(event),
      });
    }
  }

  /** What comes after `after`, within the bounds of a batch. */
  page(run: number, after: number): readonly RunEvent[] {
    const events: RunEvent[] = [];
    let characters = 0;
    const rows = this.database.eachRow(
      `SELECT sequence, text, ending FROM journal WHERE run = :run AND sequence > :after
       ORDER BY sequence LIMIT ${MAX_BATCH_EVENTS}`,
      { run, after },
    );
    for (const row of rows) {
      const event = storedEvent.parse(row);
      events.push(event);
      if (event.type === 'text-delta') characters += event.text.length;
      if (characters >= MAX_BATCH_CHARACTERS) break;
    }
    return events;
  }
}

const lastRow = z.object({ last: z.number() });

const storedJournal = z
  .object({
    run: z.number(),
    isLive: z.number(),
    epoch: z.number(),
    last: z.number(),
    ended: z.number(),
    expired: z.number(),
    purged: z.number(),
  })
  .transform(
    ({ run, isLive, epoch, last, ended, expired, purged }): StoredJournal => ({
      run,
      isLive: isLive === 1,
      epoch,
      last,
      ended: ended === 1,
      expired: expired === 1 || purged === 1,
      purged: purged === 1,
    }),
  );

const storedEvent = z
  .object({ sequence: z.number(), text: z.string().nullable(), ending: z.string().nullable() })
  .transform(
    ({ sequence, text, ending }): RunEvent =>
      text === null ? parseEndEvent(ending ?? '') : { type: 'text-delta', sequence, text },
  );
