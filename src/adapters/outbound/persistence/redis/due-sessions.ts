import type { HeldSession } from '../../../../application/ports/session-ledger.js';
import type { JournalFeed } from '../journal-feed.js';
import { listIn, numberIn } from './ledger-replies.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisTimes } from './redis-times.js';
import { lookScript } from './scripts/look.js';
import { renewScript } from './scripts/renew.js';
import type { IndexedSession, SessionEntry, SessionIndex } from './session-index.js';

/** How many sessions are looked at together, and how often in one call. Many of them may have expired. */
const LOOKS_AT_ONCE = 128;
const MAX_ROUNDS = 64;

export interface DueSessionsParts {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly times: RedisTimes;
  readonly index: SessionIndex;
  readonly feed: JournalFeed;
}

/** Finds the sessions that are due. The agenda only says when to look. A look finds out, and puts off a session that
 *  is not due yet. */
export class DueSessions {
  constructor(private readonly parts: DueSessionsParts) {}

  async due(limit: number): Promise<readonly string[]> {
    const due: string[] = [];
    for (let round = 0; round < MAX_ROUNDS && due.length < limit; round += 1) {
      const size = Math.min(limit - due.length, LOOKS_AT_ONCE);
      const page = await this.parts.index.due(due.length, size);
      const looked = await Promise.all(page.map((session) => this.isDue(session)));
      due.push(...page.flatMap(({ key }, index) => (looked[index] ? [key] : [])));
      if (page.length < size) break;
    }
    return due;
  }

  async renew(held: readonly HeldSession[], dueIn: number): Promise<readonly HeldSession[]> {
    const { index, feed } = this.parts;
    const renewed = await Promise.all(held.map((session) => this.renewOne(session, dueIn)));
    await index.postpone(
      renewed.filter((position) => position !== undefined),
      dueIn,
    );
    const lost = held.filter((_, place) => renewed[place] === undefined);
    for (const { runId } of lost) feed.writesNoMore(runId);
    return lost;
  }

  private async isDue(session: IndexedSession): Promise<boolean> {
    const { connection, keys, index } = this.parts;
    const names = [keys.session(session.key)];
    const again = await connection.run(lookScript, names, [session.createdAt.getTime()]);
    if (again === 0) return true;
    await index.settle(session, again === null ? undefined : numberIn(again));
    return false;
  }

  /** Undefined where another fence holds the session. */
  private async renewOne({ key, runId, fence }: HeldSession, dueIn: number): Promise<SessionEntry | undefined> {
    const { connection, keys, times } = this.parts;
    const names = [keys.session(key), keys.journal(key, runId)];
    const renewed = await connection.run(renewScript, names, [fence, dueIn, times.busy]);
    if (renewed === null) return undefined;
    const [createdAt, unlisted] = listIn(renewed);
    return { key, createdAt: new Date(Number(createdAt)), isListed: unlisted === null };
  }
}
