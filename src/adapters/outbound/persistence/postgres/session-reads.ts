import type { ListedPosition, RecentRange } from '../../../../application/ports/session-ledger.js';
import { Parameters, type Statement } from './parameters.js';
import { isThere } from './session-rows.js';
import { STATEMENT_TIME } from './store-time.js';

/** The reads of sessions, each in one statement. They return JSON as text, because the codec reads it. */

/** Takes a key, a ttl, runs, an idempotency key, and whether the active run is wanted. It finds runs by their ids,
 *  so its cost does not grow with the session. */
export const LOAD = `
  select sessions.revision, sessions.head::text, keys.run as keyed, runs.birth::text, runs.outcome::text
  from @sessions as sessions
  left join @keys as keys on keys.session = sessions.life and keys.key = $4 and keys.until > ${STATEMENT_TIME}
  left join @runs as runs on runs.session = sessions.life
    and runs.id = any ($3::text[] || keys.run || case when $5::boolean then sessions.active_run end)
  where sessions.key = $1 and ${isThere('$2')}`;

/** The same, and a shelf: where there is no session, the first two that the shelf lists. Those have no revision. */
export const LOAD_OR_ELSEWHERE = `${LOAD}
  union all (
    select null, sessions.head::text, null, null, null from @sessions as sessions
    where ${isThere('$2')} and sessions.shelves <> '{}' and sessions.shelves @> array[$6::text]
      and not exists (select from @sessions as sessions where sessions.key = $1 and ${isThere('$2')})
    order by sessions.created_at desc, sessions.key limit 2
  )`;

/** Takes keys and a ttl. */
export const HEADS = `
  select sessions.key, sessions.head::text
  from @sessions as sessions where sessions.key = any ($1::text[]) and ${isThere('$2')}`;

/** Takes a run and a ttl. */
export const SESSION_OF = `
  select sessions.key
  from @runs as runs join @sessions as sessions on sessions.life = runs.session
  where runs.id = $1 and ${isThere('$2')}`;

/** Takes runs and a ttl. Deletes those whose session is gone, and returns those whose session is not. */
export const RELEASE = `
  with gone as (
    delete from @runs as runs using @sessions as sessions
    where runs.id = any ($1::text[]) and sessions.life = runs.session and not ${isThere('$2')}
  )
  select runs.id from @runs as runs join @sessions as sessions on sessions.life = runs.session
  where runs.id = any ($1::text[]) and ${isThere('$2')}`;

/** Takes a limit. Passes over a session that somebody has locked, because a step that hangs must not hold up other
 *  sessions. */
export const DUE = `
  select sessions.key from @sessions as sessions
  where sessions.due_at <= ${STATEMENT_TIME} and sessions.deleted_at is null
  order by sessions.due_at limit $1 for no key update skip locked`;

export function listOf(shelf: string, limit: number, after: ListedPosition | undefined, ttl: number): Statement {
  const given = new Parameters();
  const conditions = [isThere(given.add(ttl)), isOn(shelf, given)];
  if (after !== undefined) {
    const at = `${given.add(after.createdAt)}::timestamptz`;
    conditions.push(
      `sessions.created_at <= ${at} and (sessions.created_at < ${at} or sessions.key > ${given.add(after.key)})`,
    );
  }
  const text = `
    select sessions.key, sessions.head::text from @sessions as sessions where ${conditions.join(' and ')}
    order by sessions.created_at desc, sessions.key limit ${given.add(limit)}`;
  return { text, values: given.values };
}

export function recentOf(shelf: string, limit: number, range: RecentRange, ttl: number): Statement {
  const given = new Parameters();
  const conditions = [isThere(given.add(ttl)), isOn(shelf, given)];
  const isUp = 'above' in range;
  const from = isUp ? range.above : range.below;
  const direction = isUp ? '' : 'desc';
  if (from !== undefined) {
    const place = `(${given.add(from.updatedAt)}::timestamptz, ${given.add(from.key)})`;
    conditions.push(`(sessions.updated_at, sessions.key) ${isUp ? '>' : '<'} ${place}`);
  }
  const text = `
    select sessions.key, sessions.head::text from @sessions as sessions where ${conditions.join(' and ')}
    order by sessions.updated_at ${direction}, sessions.key ${direction} limit ${given.add(limit)}`;
  return { text, values: given.values };
}

/** The first half lets the server use the index of shelves. */
function isOn(shelf: string, given: Parameters): string {
  if (shelf === '') return 'sessions.is_listed';
  return `sessions.shelves <> '{}' and sessions.shelves @> array[${given.add(shelf)}::text]`;
}
