import { updatesOf } from '../../domain/updates.js';
import type { RecentPage, RecentPosition } from '../ports/recent-sessions.js';
import type { RecentSession, SessionLedger, UpdatePlace } from '../ports/session-ledger.js';
import { shown } from './shown-sessions.js';

type Recent = Pick<SessionLedger, 'recent'>;

/** How many sessions are looked at together that have changed since the first page. */
const CHANGED_AT_ONCE = 256;

/** The order of updates, as it stood when its first page was read.
 *
 *  The first page has all that stood above its end. So whatever stands there now, and was not in it, has changed since,
 *  or is new; its place is the last one of its former ones that is not above that end. No clock is asked: what was on
 *  its way while the page was read counts as changed since. */

export async function recentPage(
  ledger: Recent & Pick<SessionLedger, 'history'>,
  shelf: string,
  limit: number,
  after: RecentPosition | undefined,
  signal: AbortSignal,
): Promise<RecentPage> {
  const found = await (after === undefined
    ? firstRecent(ledger, shelf, limit + 1, signal)
    : nextRecent(ledger, shelf, limit + 1, after, signal));
  const page = found.slice(0, limit);
  return { sessions: await shown(ledger, page, signal), end: found.length > limit ? page.at(-1) : undefined };
}

/** The first sessions, as they stand. */
async function firstRecent(
  ledger: Recent,
  shelf: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly RecentSession[]> {
  const found = await ledger.recent(shelf, limit, { below: undefined }, signal);
  return found.map((session) => ({ ...session, updatedAt: session.head.updatedAt })).toSorted(latestFirst);
}

/** The next ones, each with the place where it stood. */
async function nextRecent(
  ledger: Recent,
  shelf: string,
  limit: number,
  after: RecentPosition,
  signal: AbortSignal,
): Promise<readonly RecentSession[]> {
  const found = new Map<string, RecentSession>();
  const take = (sessions: readonly RecentSession[]): void => {
    for (const session of sessions) {
      const placed = after.wasFirst(session.key) ? undefined : placeIn(session, after);
      if (placed !== undefined) found.set(session.key, placed);
    }
  };
  // First what has not changed: what leaves it meanwhile is found among what has.
  for await (const page of unchanged(ledger, shelf, limit, after, signal)) {
    take(page);
    if (found.size >= limit) break;
  }
  for await (const page of changedSince(ledger, shelf, after.first, signal)) take(page);
  return [...found.values()].toSorted(latestFirst).slice(0, limit);
}

/** Undefined where it stood above, or was not there. */
function placeIn(session: RecentSession, { first, last }: RecentPosition): RecentSession | undefined {
  const { head, key } = session;
  for (const time of updatesOf(head)) {
    const place = { updatedAt: new Date(time), key };
    if (latestFirst(place, first) >= 0) return latestFirst(place, last) > 0 ? { head, ...place } : undefined;
  }
  return undefined;
}

async function* unchanged(
  ledger: Recent,
  shelf: string,
  limit: number,
  { last }: RecentPosition,
  signal: AbortSignal,
): AsyncGenerator<readonly RecentSession[]> {
  let below: UpdatePlace | undefined = last;
  while (below !== undefined) {
    const page: readonly RecentSession[] = await ledger.recent(shelf, limit, { below }, signal);
    yield page;
    below = page.length < limit ? undefined : page.at(-1);
  }
}

/** From below, so that what changes once more meanwhile is still ahead. */
async function* changedSince(
  ledger: Recent,
  shelf: string,
  first: UpdatePlace,
  signal: AbortSignal,
): AsyncGenerator<readonly RecentSession[]> {
  let above: UpdatePlace | undefined = first;
  while (above !== undefined) {
    const page: readonly RecentSession[] = await ledger.recent(shelf, CHANGED_AT_ONCE, { above }, signal);
    yield page;
    above = page.length < CHANGED_AT_ONCE ? undefined : page.at(-1);
  }
}

function latestFirst(left: UpdatePlace, right: UpdatePlace): number {
  const byTime = right.updatedAt.getTime() - left.updatedAt.getTime();
  if (byTime !== 0) return byTime;
  return left.key > right.key ? -1 : Number(left.key < right.key);
}
