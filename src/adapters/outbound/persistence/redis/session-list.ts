import { z } from 'zod';
import type {
  ListedPosition,
  ListedSession,
  RecentRange,
  RecentSession,
} from '../../../../application/ports/session-ledger.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import { readHead } from '../ledger-codec.js';
import { snapshotIn } from './ledger-replies.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { loadScript } from './scripts/load.js';
import type { IndexedSession, SessionIndex } from './session-index.js';
import type { SessionScripts } from './session-scripts.js';
import type { IndexedUpdate, UpdateOrder } from './update-order.js';

/** How many entries are looked at together. Those of expired sessions are passed over. */
const LARGEST_PAGE = 512;

export interface SessionListParts {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly scripts: SessionScripts;
  readonly index: SessionIndex;
  readonly updates: UpdateOrder;
}

/** Lists sessions by their heads. */
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

  async recent(shelf: string, limit: number, range: RecentRange, signal: AbortSignal | undefined) {
    if (shelf === '' && 'below' in range && !(await this.parts.updates.isWhole())) await this.tellUpdates(signal);
    const found: RecentSession[] = [];
    for (let rest: RecentRange = range; ; ) {
      signal?.throwIfAborted();
      const page = await this.parts.updates.page(shelf, Math.min(limit, LARGEST_PAGE), rest);
      found.push(...(await this.recentOf(page)));
      const last = page.at(-1);
      if (found.length >= limit || last === undefined) return found.slice(0, limit);
      rest = 'above' in range ? { above: last } : { below: last };
    }
  }

  /** Tells the order of updates of sessions that an older version began or changed. */
  private async tellUpdates(signal: AbortSignal | undefined): Promise<void> {
    for (let last: ListedPosition | undefined; ; ) {
      signal?.throwIfAborted();
      const page: readonly IndexedSession[] = await this.parts.index.page('', LARGEST_PAGE, last);
      const standing = await this.standing(page.map(({ key }) => key));
      const updates = page.map((session, place) => {
        const head = listedAt(session, standing[place])?.head;
        return { ...session, updatedAt: head?.updatedAt ?? session.createdAt };
      });
      await this.parts.index.moveUp(updates);
      if (page.length < LARGEST_PAGE) return;
      last = page.at(-1);
    }
  }

  private async recentOf(page: readonly IndexedUpdate[]): Promise<readonly RecentSession[]> {
    const standing = await this.standing(page.map(({ key }) => key));
    const found = page.map((place, index) => {
      const there = listedAt({ ...place, time: '' }, standing[index]);
      return there && { key: place.key, updatedAt: place.updatedAt, head: there.head };
    });
    await this.parts.index.purgeUpdated(page.filter((_, index) => found[index] === undefined));
    return found.filter((session) => session !== undefined);
  }

  async heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>> {
    const found = await this.standing(keys);
    return new Map(
      found.flatMap((standing, index) => (standing === undefined ? [] : [[keys[index] ?? '', standing.head]])),
    );
  }

  /** The sessions of a page that still exist. The other entries go, so that the next list has less to pass over. */
  private async thereOf(page: readonly IndexedSession[], shelf: string): Promise<readonly ListedSession[]> {
    const standing = await this.standing(page.map(({ key }) => key));
    const found = page.map((position, index) => listedAt(position, standing[index]));
    await this.parts.index.purgeListed(page.filter((_, index) => found[index] === undefined));
    const there = found.filter((session) => session !== undefined);
    const isOn = ({ shelves }: Standing): boolean => shelves.includes(shelf);
    const elsewhere = there.filter((session) => !isOn(session));
    await this.parts.index.takeFrom(shelf, elsewhere);
    return there.filter(isOn);
  }

  /** Asks for all of them at once, with one deadline. */
  private async standing(all: readonly string[]): Promise<readonly (Standing | undefined)[]> {
    const { connection, keys } = this.parts;
    const found = await connection.ask((client) =>
      Promise.all(all.map((key) => client.hmget(keys.session(key), 'head', 'createdAt', 'unlisted', 'shelves'))),
    );
    return Promise.all(found.map((fields, index) => this.standingOf(all[index] ?? '', fields)));
  }

  private async standingOf(key: string, fields: Fields): Promise<Standing | undefined> {
    const [json, createdAt, unlisted, shelves] = fields;
    if (json) return { head: readHead(json), shelves: shelvesIn(unlisted, shelves) };
    if (!createdAt) return undefined;
    const { keys, scripts } = this.parts;
    const names = [keys.session(key), keys.idempotencyKey(key)];
    const { head } = snapshotIn(await scripts.run(loadScript, key, names, ['', 0]));
    return head && { head, shelves: [''] };
  }
}

type Fields = readonly (string | null)[];

interface Standing {
  readonly head: SessionHead;
  readonly shelves: readonly string[];
}

const shelfNames = z.array(z.string());

function shelvesIn(unlisted: string | null | undefined, besides: string | null | undefined): readonly string[] {
  const named = shelfNames.parse(JSON.parse(besides ?? '[]'));
  return unlisted ? named : ['', ...named];
}

/** The session that an entry means. Its key may have begun another session later. */
function listedAt({ key, createdAt }: IndexedSession, standing: Standing | undefined) {
  return standing?.head.createdAt.getTime() === createdAt.getTime() ? { ...standing, key, createdAt } : undefined;
}
