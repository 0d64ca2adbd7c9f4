import type { History, HistoryRange } from '../../../../application/ports/session-ledger.js';
import type { Fields } from '../../../../domain/fields.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import { readHead } from '../ledger-codec.js';
import { countIn, optionalTextIn } from '../stored-fields.js';
import { fittingOnePage } from '../turn-page.js';
import { runRecord } from './run-rows.js';
import type { KeptSession } from './session-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

type Turn = History['turns'][number];

const COLUMNS = 'SELECT outcome, birth, answer FROM runs WHERE';
const BEGUN = `${COLUMNS} session = ? AND turn BETWEEN ? AND ? ORDER BY turn`;
const BEGUN_BACKWARDS = `${BEGUN} DESC`;
const PLACE = 'SELECT turn FROM runs WHERE id = ? AND session = ? AND turn IS NOT NULL';
const WAITING = `${COLUMNS} id = ? AND session = ?`;

/** The turns of one session by their places. Begun turns have 1, 2, 3, and the queue goes on from there. */
export class HistoryRows {
  private readonly head: SessionHead;
  private readonly begun: number;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly session: KeptSession,
  ) {
    this.head = readHead(session.head);
    const last = database.row('SELECT coalesce(max(turn), 0) AS last FROM runs WHERE session = ?', session.row);
    this.begun = countIn(last ?? {}, 'last');
  }

  /** As `SessionLedger.history` promises it. */
  page({ after, before, through, latest = false, limit }: HistoryRange): History | undefined {
    const behind = after === undefined ? 0 : this.placeOf(after);
    if (behind === undefined) return undefined;
    const first = behind + 1;
    const end = this.placeOf(before) ?? (this.placeOf(through) ?? this.begun + this.head.queue.length) + 1;
    const turns: Turn[] = [];
    const wanted = latest ? this.backwards(first, end - 1) : this.forwards(first, end - 1);
    const count = fittingOnePage(wanted, (turn) => turns.push(turn) && charactersOf(turn), limit);
    return { head: this.head, turns: latest ? turns.reverse() : turns, hasMore: count < end - first };
  }

  private placeOf(runId: string | undefined): number | undefined {
    if (runId === undefined) return undefined;
    const waiting = this.head.queue.indexOf(runId);
    if (waiting !== -1) return this.begun + 1 + waiting;
    const row = this.database.row(PLACE, runId, this.session.row);
    return row && countIn(row, 'turn');
  }

  private *forwards(first: number, last: number): Iterable<Turn> {
    for (const row of this.database.rows(BEGUN, this.session.row, first, last)) yield turnIn(row);
    yield* this.waiting(this.queued(first, last));
  }

  private *backwards(first: number, last: number): Iterable<Turn> {
    yield* this.waiting(this.queued(first, last).toReversed());
    for (const row of this.database.rows(BEGUN_BACKWARDS, this.session.row, first, last)) yield turnIn(row);
  }

  private queued(first: number, last: number): readonly string[] {
    return this.head.queue.slice(Math.max(0, first - 1 - this.begun), Math.max(0, last - this.begun));
  }

  private *waiting(runIds: readonly string[]): Iterable<Turn> {
    for (const runId of runIds) {
      const row = this.database.row(WAITING, runId, this.session.row);
      if (row !== undefined) yield turnIn(row);
    }
  }
}

function turnIn(row: Fields): Turn {
  return { ...runRecord(row), answer: optionalTextIn(row, 'answer') ?? '' };
}

function charactersOf({ birth, answer }: Turn): number {
  return birth.request.content.length + answer.length;
}
