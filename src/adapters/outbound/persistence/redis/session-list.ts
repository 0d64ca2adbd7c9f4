import type { ListedPosition, ListedSession } from '../../../../application/ports/session-ledger.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import { readHead } from '../ledger-codec.js';
import { snapshotIn } from './ledger-replies.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { loadScript } from './scripts/load.js';
import type { IndexedSession, SessionIndex } from './session-index.js';
import type { SessionScripts } from './session-scripts.js';

/** How many entries are looked at together: those of sessions that have expired are passed over. */
const LARGEST_PAGE = 512;

export interface SessionListParts {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly scripts: SessionScripts;
  readonly index: SessionIndex;
}

/** Sessions as they are listed, by their heads. */
export class SessionList {
  constructor(private readonly parts: SessionListParts) {}

  async list(shelf: string, limit: number, after: ListedPosition | undefined, signal: AbortSignal | undefined) {
    const sessions: ListedSession[] = [];
    let last = after;
    for (let size = limit; ; size = Math.min(2 * size, LARGEST_PAGE)) {
      signal?.throwIfAborted();
      const page = await this.parts.index.page(shelf, size, last);
      sessions.push(...(await this.thereOf(page, shelf)));
      if (sessions.length >= limit || page.length < size) return sessions.slice(0, limit);
      last = page.at(-1);
    }
  }

  async heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>> {
    const found = await Promise.all(keys.map((key) => this.standing(key)));
    const heads = new Map<string, SessionHead>();
    for (const [index, key] of keys.entries()) {
      const head = found[index]?.head;
      if (head !== undefined) heads.set(key, head);
    }
    return heads;
  }

  /** Those of a page that are still there; where many are not, the next one finds less to pass over. */
  private async thereOf(page: readonly IndexedSession[], shelf: string): Promise<readonly ListedSession[]> {
    const found = await Promise.all(page.map((position) => this.at(position, shelf)));
    await this.parts.index.forgetExpired(page.filter((_, index) => found[index] === undefined));
    return found.filter((session) => session !== undefined);
  }

  /** The session that an entry of the index means; one of the same key may have been created later. */
  private async at({ key, createdAt }: IndexedSession, shelf: string): Promise<ListedSession | undefined> {
    const standing = await this.standing(key);
    if (standing?.head.createdAt.getTime() !== createdAt.getTime()) return undefined;
    return shelf === '' || standing.shelves.includes(JSON.stringify(shelf))
      ? { ...standing, key, createdAt }
      : undefined;
  }

  private async standing(key: string): Promise<{ readonly head: SessionHead; readonly shelves: string } | undefined> {
    const { connection, keys, scripts } = this.parts;
    const name = keys.session(key);
    const found = await connection.ask((client) => client.hmget(name, 'head', 'shelves', 'createdAt'));
    const [json, shelves, createdAt] = found;
    if (json) return { head: readHead(json), shelves: shelves ?? '' };
    if (!createdAt) return undefined;
    const names = [name, keys.idempotencyKey(key)];
    const { head } = snapshotIn(await scripts.run(loadScript, key, names, ['', 0]));
    return head && { head, shelves: '' };
  }
}
