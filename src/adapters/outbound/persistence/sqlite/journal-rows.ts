import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS } from '../../../../application/ports/run-journal.js';
import { RunNotFound } from '../../../../domain/errors.js';
import type { Fields } from '../../../../domain/fields.js';
import { charactersIn, type JournalledEvent, type RunEvent } from '../../../../domain/run-event.js';
import { readEndEvent } from '../ledger-codec.js';
import { countIn, optionalTextIn, textIn, textsIn } from '../stored-fields.js';
import { readPiece, writtenPiece } from '../stored-pieces.js';
import type { Expiry } from './expiry.js';
import { IS_LIVE } from './session-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Where a journal is written on. */
interface JournalEnd {
  /** The row of its run. */
  readonly run: number;
  readonly last: number;
}

/** Where the journal of a run stands. */
export interface StoredJournal extends JournalEnd {
  /** The run's session is neither deleted nor expired. */
  readonly isLive: boolean;
  readonly ended: boolean;
  /** The run ended so long ago that nobody begins to read its journal any more. */
  readonly expired: boolean;
  /** The purge has taken the whole journal away. */
  readonly purged: boolean;
}

const LAST = '(SELECT coalesce(max(sequence), 0) FROM journal WHERE run = r.key) AS last';
const FIND = `
  SELECT r.key AS run, ${IS_LIVE} AS is_live, r.closed_at IS NOT NULL AS ended,
    coalesce(r.closed_at <= ?, 0) AS expired, r.journal_purged AS purged, ${LAST}
  FROM runs AS r JOIN sessions AS s ON s.key = r.session WHERE r.id = ?`;
const END = `SELECT r.key AS run, ${LAST} FROM runs AS r`;
const FIND_END = `${END} WHERE r.id = ?`;
const FIND_HELD = `
  ${END} JOIN sessions AS s ON s.key = r.session WHERE r.id = ? AND s.fence = ?`;
const INSERT_TEXTS = 'INSERT INTO journal (run, sequence, texts) VALUES (?, ?, ?)';
const INSERT_ENDING = 'INSERT INTO journal (run, sequence, ending) VALUES (?, ?, ?)';
const PAGE = 'SELECT sequence, texts, ending FROM journal WHERE run = ? AND sequence > ? ORDER BY sequence';

/** The journals. A row holds one append, or a part of a large one. Each method is part of a step of the database. */
export class JournalRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
  ) {}

  find(runId: string): StoredJournal | undefined {
    const { sessionHorizon, journalHorizon } = this.expiry;
    const row = this.database.row(FIND, sessionHorizon, journalHorizon, runId);
    return row && storedJournal(row);
  }

  /** Throws RunNotFound. */
  get(runId: string): StoredJournal {
    const found = this.find(runId);
    if (found === undefined || !found.isLive) throw new RunNotFound(runId);
    return found;
  }

  /** Whatever became of its session. */
  findEnd(runId: string): JournalEnd | undefined {
    return endIn(this.database.row(FIND_END, runId));
  }

  /** Undefined where a writer with this fence may not append to the run's journal. */
  findHeld(runId: string, fence: string): JournalEnd | undefined {
    return endIn(this.database.row(FIND_HELD, runId, fence));
  }

  append(run: number, chunks: readonly JournalledEvent[]): void {
    for (let start = 0, end = 0; start < chunks.length; start = end) {
      end = endOfRow(chunks, start);
      const texts = chunks.slice(start, end).map(writtenPiece);
      this.database.run(INSERT_TEXTS, run, (chunks[start]?.sequence ?? 0) + texts.length - 1, JSON.stringify(texts));
    }
  }

  /** Adds the last events of the journal. */
  close(run: number, events: readonly RunEvent[]): void {
    for (const event of events) this.database.run(INSERT_ENDING, run, event.sequence, JSON.stringify(event));
    this.database.run('UPDATE runs SET closed_at = ? WHERE key = ?', this.expiry.now, run);
  }

  /** The events after `after`, within the bounds of a batch. */
  page(run: number, after: number): readonly RunEvent[] {
    const events: RunEvent[] = [];
    let characters = 0;
    for (const event of this.eventsAfter(run, after)) {
      events.push(event);
      characters += charactersIn(event);
      if (characters >= MAX_BATCH_CHARACTERS || events.length === MAX_BATCH_EVENTS) break;
    }
    return events;
  }

  private *eventsAfter(run: number, after: number): Iterable<RunEvent> {
    for (const row of this.database.rows(PAGE, run, after))
      for (const event of eventsIn(row)) if (event.sequence > after) yield event;
  }
}

/** Where the row ends that begins with this chunk. A row holds no more than a batch does. */
function endOfRow(chunks: readonly JournalledEvent[], start: number): number {
  const furthest = Math.min(chunks.length, start + MAX_BATCH_EVENTS);
  let characters = 0;
  for (const [index, chunk] of chunks.slice(start, furthest).entries()) {
    if (characters >= MAX_BATCH_CHARACTERS) return start + index;
    characters += charactersIn(chunk);
  }
  return furthest;
}

function eventsIn(row: Fields): readonly RunEvent[] {
  const texts = optionalTextIn(row, 'texts');
  if (texts === undefined) return [readEndEvent(textIn(row, 'ending'))];
  const chunks = textsIn({ texts: JSON.parse(texts) }, 'texts');
  const first = countIn(row, 'sequence') - chunks.length + 1;
  return chunks.map((kept, index) => readPiece(kept, first + index));
}

function endIn(row: Fields | undefined): JournalEnd | undefined {
  return row && { run: countIn(row, 'run'), last: countIn(row, 'last') };
}

function storedJournal(row: Fields): StoredJournal {
  const is = (name: string): boolean => countIn(row, name) === 1;
  const [isLive, ended, purged] = [is('is_live'), is('ended'), is('purged')];
  return {
    run: countIn(row, 'run'),
    last: countIn(row, 'last'),
    isLive,
    ended,
    expired: purged || is('expired'),
    purged,
  };
}
