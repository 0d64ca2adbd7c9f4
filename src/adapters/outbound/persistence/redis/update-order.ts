import type { RecentRange, UpdatePlace } from '../../../../application/ports/session-ledger.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { createdAtIn, type IndexedSession } from './session-index.js';

/** A session as the order of updates has it. */
export interface IndexedUpdate extends UpdatePlace, Omit<IndexedSession, 'time'> {}

/** The order of sessions by their last update, beside the index. An entry follows its session a moment later, and is
 *  never ahead of it. */
export class UpdateOrder {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  /** Some sessions of a range, in its order. None only where the range has none. */
  async page(shelf: string, size: number, range: RecentRange): Promise<readonly IndexedUpdate[]> {
    const isUp = 'above' in range;
    const from = isUp ? range.above : range.below;
    for (let offset = 0; ; offset += size) {
      const found = await this.at(shelf, from, isUp, offset, size);
      const fresh = found.filter((place) => from === undefined || isBeyond(place, from, isUp));
      if (fresh.length > 0 || found.length < size) return fresh;
    }
  }

  /** Whether the order has all sessions. An older version does not tell it of the sessions that it begins. */
  async isWhole(): Promise<boolean> {
    const { sessions, updates } = this.keys;
    const [all, known] = await this.connection.ask((client) =>
      Promise.all([client.zcard(sessions), client.zcard(updates)]),
    );
    return known >= all;
  }

  /** Begins at the time of `from`, which other sessions may share. */
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
