import type {
  ListedPosition,
  RecentRange,
  RecentSession,
  UpdatePlace,
} from '../../../../application/ports/session-ledger.js';

export function newestFirst(left: ListedPosition, right: ListedPosition): number {
  const byTime = right.createdAt.getTime() - left.createdAt.getTime();
  if (byTime !== 0) return byTime;
  return left.key < right.key ? -1 : Number(left.key > right.key);
}

/** The sessions of a range, in its order. */
export function recentIn(sessions: readonly RecentSession[], range: RecentRange): readonly RecentSession[] {
  if ('above' in range) {
    return sessions.filter((session) => latestFirst(session, range.above) < 0).sort((a, b) => latestFirst(b, a));
  }
  const { below } = range;
  const behind = below === undefined ? [...sessions] : sessions.filter((one) => latestFirst(one, below) > 0);
  return behind.sort(latestFirst);
}

function latestFirst(left: UpdatePlace, right: UpdatePlace): number {
  const byTime = right.updatedAt.getTime() - left.updatedAt.getTime();
  if (byTime !== 0) return byTime;
  return left.key > right.key ? -1 : Number(left.key < right.key);
}
