import type { SQLInputValue } from 'node:sqlite';
import type { ListedPosition, RecentRange, Step } from '../../../../application/ports/session-ledger.js';
import type { Fields } from '../../../../domain/fields.js';
import type { Due } from '../../../../domain/session-head.js';
import { writtenHead } from '../ledger-codec.js';
import { countIn, optionalTextIn, textIn } from '../stored-fields.js';
import type { Expiry } from './expiry.js';
import { LIST_ROWS } from './list-rows.js';
import { type RecentRow, recentRow, recentRows } from './recent-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** A session that is neither deleted nor expired. */
export interface KeptSession {
  /** The number of its row, which never names another session. Its id may do so later. */
  readonly row: number;
  readonly revision: string;
  /** The fence of the writer that may append to the active run's journal. */
  readonly fence: string | undefined;
  /** The JSON, as it is kept. */
  readonly head: string;
}

/** The condition that a session `s` is neither deleted nor expired. The question mark stands for the time. */
export const IS_LIVE = '(s.id IS NOT NULL AND (s.idle_since IS NULL OR s.idle_since > ?))';

const FIND = `SELECT key, revision, fence, head FROM sessions AS s WHERE s.id = ? AND ${IS_LIVE}`;
const FIND_OF_RUN = `
  SELECT s.id FROM runs AS r JOIN sessions AS s ON s.key = r.session WHERE r.id = ? AND ${IS_LIVE}`;
const INSERT = `
  INSERT INTO sessions (id, created_at, is_listed, revision, head, fence, idle_since, has_alarm)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE = `
  UPDATE sessions SET revision = ?, head = ?, fence = ?, idle_since = ?, has_alarm = coalesce(?, has_alarm)
  WHERE key = ?`;
const IN_ORDER = `ORDER BY s.created_at DESC, s.id LIMIT ${LIST_ROWS}`;
const BEHIND = 's.created_at <= ? AND (s.created_at < ? OR s.id > ?)';
const LIST = `
  SELECT s.id, s.created_at, s.head, ${IS_LIVE} AS is_live FROM sessions AS s
  WHERE s.id IS NOT NULL AND s.is_listed = 1 AND ${BEHIND} ${IN_ORDER}`;
const LIST_SHELF = `
  SELECT s.id, s.created_at, k.head, (k.idle_since IS NULL OR k.idle_since > ?) AS is_live
  FROM shelves AS s JOIN sessions AS k ON k.key = s.session WHERE s.shelf = ? AND ${BEHIND} ${IN_ORDER}`;

/** The table of sessions. Its methods are parts of a step of the database. */
export class SessionRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
  ) {}

  find(key: string): KeptSession | undefined {
    const row = this.database.row(FIND, key, this.expiry.sessionHorizon);
    return row && keptSession(row);
  }

  /** The key of the session that a run belongs to. */
  keyOfRun(runId: string): string | undefined {
    const row = this.database.row(FIND_OF_RUN, runId, this.expiry.sessionHorizon);
    return row && textIn(row, 'id');
  }

  /** The keys of the sessions that have an alarm. */
  *withAlarm(): Iterable<string> {
    const rows = this.database.rows('SELECT id FROM sessions WHERE has_alarm = 1 AND id IS NOT NULL');
    for (const row of rows) yield textIn(row, 'id');
  }

  /** At most LIST_ROWS sessions behind a position, in the order of `SessionLedger.list`. They may have expired. */
  *listed(shelf: string, after: ListedPosition | undefined): Iterable<ListedRow> {
    const createdAt = after?.createdAt.getTime() ?? Number.MAX_SAFE_INTEGER;
    const range = [createdAt, createdAt, after?.key ?? ''];
    const { sessionHorizon } = this.expiry;
    const rows =
      shelf === ''
        ? this.database.rows(LIST, sessionHorizon, ...range)
        : this.database.rows(LIST_SHELF, sessionHorizon, shelf, ...range);
    for (const row of rows) yield listedRow(row);
  }

  /** The same in the order of `SessionLedger.recent`. */
  *recent(shelf: string, range: RecentRange): Iterable<RecentRow> {
    const { sessionHorizon } = this.expiry;
    const { text, values } = recentRows(shelf, range);
    for (const row of this.database.rows(text, sessionHorizon, ...values)) yield recentRow(row);
  }

  /** Returns the number of the new row. An expired session of this key that is not purged yet loses the key. */
  insert(key: string, step: Step): number {
    const former = this.database.row('SELECT key FROM sessions WHERE id = ?', key);
    if (former !== undefined) this.release(countIn(former, 'key'));
    const createdAt = step.head.createdAt.getTime();
    const isListed = Number(step.shelves.includes(''));
    const row = this.database.insert(INSERT, key, createdAt, isListed, ...this.standing(step));
    for (const shelf of step.shelves.filter((name) => name !== ''))
      this.database.run(
        'INSERT INTO shelves (shelf, created_at, id, session, updated_at) VALUES (?, ?, ?, ?, ?)',
        shelf,
        createdAt,
        key,
        row,
        step.head.updatedAt.getTime(),
      );
    return row;
  }

  update(row: number, step: Step): void {
    this.database.run(UPDATE, ...this.standing(step), row);
    if (step.shelves.some((shelf) => shelf !== '')) this.moveUp(row, step.head.updatedAt.getTime());
  }

  /** Nobody finds the session from now on, and what was said in it is gone. Its journals stay for readers that have
   *  begun. */
  remove(row: number): void {
    this.release(row);
    this.database.run('DELETE FROM idempotency_keys WHERE session = ?', row);
    this.database.run("UPDATE runs SET birth = '{}', outcome = NULL, answer = NULL WHERE session = ?", row);
    this.database.run(
      "UPDATE sessions SET head = '{}', fence = NULL, has_alarm = 0, idle_since = ? WHERE key = ?",
      this.expiry.now,
      row,
    );
  }

  private moveUp(row: number, updatedAt: number): void {
    this.database.run('UPDATE shelves SET updated_at = ?1 WHERE session = ?2 AND updated_at <> ?1', updatedAt, row);
  }

  private release(row: number): void {
    this.database.run('DELETE FROM shelves WHERE session = ?', row);
    this.database.run('UPDATE sessions SET id = NULL WHERE key = ?', row);
  }

  private standing({ revision, head, fence, isIdle, dueIn }: Step): readonly SQLInputValue[] {
    return [revision, writtenHead(head), fence ?? null, isIdle ? this.expiry.now : null, alarmOf(dueIn)];
  }
}

export interface ListedRow extends ListedPosition {
  readonly head: string;
  readonly isLive: boolean;
}

function alarmOf(dueIn: Due): number | null {
  return dueIn === 'unchanged' ? null : Number(dueIn !== 'never');
}

function keptSession(row: Fields): KeptSession {
  const [revision, head] = [textIn(row, 'revision'), textIn(row, 'head')];
  return { row: countIn(row, 'key'), revision, head, fence: optionalTextIn(row, 'fence') };
}

function listedRow(row: Fields): ListedRow {
  const createdAt = new Date(countIn(row, 'created_at'));
  return { key: textIn(row, 'id'), createdAt, head: textIn(row, 'head'), isLive: countIn(row, 'is_live') === 1 };
}
