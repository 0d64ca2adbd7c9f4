import type { RecentRange, UpdatePlace } from '../../../../application/ports/session-ledger.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { createdAtIn, type IndexedSession } from './session-index.js';

/** A session as the order of updates has it. */
export interface IndexedUpdate extends UpdatePlace, Omit<IndexedSession, 'time'> {}

/** Sessions by their last update, beside the index: an entry follows its session a moment later, and never leads. */
export class UpdateOrder {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  /** Some of a range, in its order: none only where it has none. */
  async page(shelf: string, size: number, range: RecentRange): Promise<readonly IndexedUpdate[]> {
    const isUp = 'above' in range;
    const from = isUp ? range.above : range.below;
    for (let offset = 0; ; offset += size) {
      const found = await this.at(shelf, from, isUp, offset, size);
      const fresh = found.filter((place) => from === undefined || isBeyond(place, from, isUp));
      if (fresh.length > 0 || found.length < size) return fresh;
    }
  }

  /** Whether it has no fewer sessions than there are: an older version does not tell it of those that it begins. */
  async isWhole(): Promise<boolean> {
    const { sessions, updates } = this.keys;
    const [all, known] = await this.connection.ask((client) =>
      Promise.all([client.zcard(sessions), client.zcard(updates)]),
    );
    return known >= all;
  }

  /** From the time of `from` on, which others may share. */
  private async at(shelf: string, from: UpdatePlace | undefined, isUp: boolean, offset: number, size: number) {
    const name = this.keys.updatesOn(shelf);
    const time = from?.updatedAt.getTime() ?? '+inf';
    const reply = await this.connection.ask((client) =>
      isUp
        ? client.zrangebyscore(name, time, '+inf', 'WITHSCORES', 'LIMIT', offset, size)
        : client.zrevrangebyscore(name, time, '-inf', 'WITHSCORES', 'LIMIT', offset, size),
    );
    return reply.flatMap((member, index) => (index % 2 === 0 ? [updateOf(member, reply[index + 1] ?? '0')] : []));
  }
}

function updateOf(member: string, score: string): IndexedUpdate {
  const end = member.lastIndexOf('\n');
  return {
    key: member.slice(0, end),
    createdAt: createdAtIn(member.slice(end + 1)),
    updatedAt: new Date(Number(score)),
  };
}

function isBeyond(place: UpdatePlace, from: UpdatePlace, isUp: boolean): boolean {
  const byTime = place.updatedAt.getTime() - from.updatedAt.getTime();
  if (byTime !== 0) return isUp === byTime > 0;
  return isUp ? place.key > from.key : place.key < from.key;
}
