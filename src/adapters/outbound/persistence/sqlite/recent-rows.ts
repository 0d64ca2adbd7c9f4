import type { SQLInputValue } from 'node:sqlite';
import type { RecentRange, UpdatePlace } from '../../../../application/ports/session-ledger.js';
import type { Fields } from '../../../../domain/fields.js';
import { countIn, textIn } from '../stored-fields.js';
import { LIST_ROWS } from './list-rows.js';

/** A session by its last update. It may have expired. */
export interface RecentRow extends UpdatePlace {
  readonly head: string;
  readonly isLive: boolean;
}

const OF_ALL = `
  SELECT s.id, s.updated_at, s.head, (s.idle_since IS NULL OR s.idle_since > ?) AS is_live FROM sessions AS s
  WHERE s.id IS NOT NULL AND s.is_listed = 1`;
const OF_SHELF = `
  SELECT s.id, s.updated_at, k.head, (k.idle_since IS NULL OR k.idle_since > ?) AS is_live
  FROM shelves AS s JOIN sessions AS k ON k.key = s.session WHERE s.shelf = ?`;
const UPWARDS = `AND (s.updated_at, s.id) > (?, ?) ORDER BY s.updated_at, s.id LIMIT ${LIST_ROWS}`;
const DOWNWARDS = `AND (s.updated_at, s.id) < (?, ?) ORDER BY s.updated_at DESC, s.id DESC LIMIT ${LIST_ROWS}`;

/** A statement and its values, all but the time since when an idle session has expired. */
export function recentRows(shelf: string, range: RecentRange) {
  const isUp = 'above' in range;
  const from = isUp ? range.above : range.below;
  const place = [from?.updatedAt.getTime() ?? Number.MAX_SAFE_INTEGER, from?.key ?? ''];
  const values: readonly SQLInputValue[] = [...(shelf === '' ? [] : [shelf]), ...place];
  return { text: `${shelf === '' ? OF_ALL : OF_SHELF} ${isUp ? UPWARDS : DOWNWARDS}`, values };
}

export function recentRow(row: Fields): RecentRow {
  const updatedAt = new Date(countIn(row, 'updated_at'));
  return { key: textIn(row, 'id'), updatedAt, head: textIn(row, 'head'), isLive: countIn(row, 'is_live') === 1 };
}
