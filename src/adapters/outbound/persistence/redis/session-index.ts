import { z } from 'zod';
import type { ListedPosition } from '../../../../application/ports/session-ledger.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import {
  announceScript,
  dueScript,
  forgetScript,
  listScript,
  moveUpScript,
  postponeScript,
  purgeScript,
  settleScript,
} from './scripts/agenda.js';

/** The largest time there is, in milliseconds. */
const LATEST = 8.64e15;
const DIGITS = 16;

/** A session as the index has it. */
export interface IndexedSession extends ListedPosition {
  /** The time at which to look at it, as it was set. Empty while that time has not come. */
  readonly time: string;
}

/** A session as a step has it. */
export interface SessionEntry extends ListedPosition {
  /** Whether it stands in the list of all. */
  readonly isListed: boolean;
}

/** All sessions, in one place of a cluster. It serves lists, and tells when to look at a session that is due or may
 *  have expired. An entry is made before its session and goes after it, so it counts only while its session exists. */
export class SessionIndex {
  private readonly all: readonly string[];

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly leaseMilliseconds: number,
  ) {
    this.all = [keys.sessions, keys.agenda, keys.shelves, keys.updates];
  }

  /** The session will be due in so many milliseconds. Where the step is never made, somebody looks within a lease. */
  async announce(session: SessionEntry, dueIn: number, shelves: readonly string[], updatedAt?: Date): Promise<void> {
    const time = Math.min(dueIn, this.leaseMilliseconds);
    const values = [entryOf(session), time, flagOf(session), JSON.stringify(shelves), updatedAt?.getTime() ?? ''];
    await this.connection.run(announceScript, this.all, values);
  }

  /** The sessions are due in so many milliseconds. */
  async postpone(sessions: readonly SessionEntry[], dueIn: number): Promise<void> {
    if (sessions.length === 0) return;
    await this.connection.run(postponeScript, this.all, [
      dueIn,
      ...sessions.flatMap((session) => [entryOf(session), flagOf(session)]),
    ]);
  }

  /** The sessions whose time has come, without the first ones. */
  async due(first: number, limit: number): Promise<readonly IndexedSession[]> {
    return indexed(await this.connection.run(dueScript, [this.keys.agenda], [first, limit]));
  }

  /** Somebody has looked at the session. `again` is the time of the next look, and undefined when the session is
   *  gone. */
  async settle(session: IndexedSession, again: number | undefined): Promise<void> {
    await this.connection.run(settleScript, this.all, [entryOf(session), session.time, again ?? '']);
  }

  async forget(session: ListedPosition): Promise<void> {
    await this.connection.run(forgetScript, this.all, [entryOf(session), '']);
  }

  /** Newest first, then by key. */
  async page(shelf: string, limit: number, after: ListedPosition | undefined): Promise<readonly IndexedSession[]> {
    const from = after === undefined ? '-' : `(${entryOf(after)}`;
    const names = [this.keys.shelf(shelf), this.keys.agenda];
    return indexed(await this.connection.run(listScript, names, [from, limit]));
  }

  /** The sessions were updated at these times. An earlier time than an entry has changes nothing. */
  async moveUp(sessions: readonly (ListedPosition & { readonly updatedAt: Date })[]): Promise<void> {
    if (sessions.length === 0) return;
    const values = sessions.flatMap((session) => [entryOf(session), session.updatedAt.getTime()]);
    await this.connection.run(moveUpScript, this.all, values);
  }

  async purgeUpdated(sessions: readonly ListedPosition[]): Promise<void> {
    if (sessions.length > 0) await this.connection.run(purgeScript, this.all, sessions.map(entryOf));
  }

  /** Takes sessions from a shelf that is not theirs, on which a replica of the version before has put them. */
  async takeFrom(shelf: string, sessions: readonly ListedPosition[]): Promise<void> {
    if (sessions.length === 0) return;
    await this.connection.ask((client) => client.zrem(this.keys.shelf(shelf), ...sessions.map(entryOf)));
  }

  /** Purges entries of a page that have no session. An entry whose time has not come is just about to get its
   *  session. */
  async purgeListed(sessions: readonly IndexedSession[]): Promise<void> {
    const due = sessions.filter(({ time }) => time !== '');
    if (due.length === 0) return;
    const values = due.flatMap((session) => [entryOf(session), session.time]);
    await this.connection.run(forgetScript, this.all, values);
  }
}

function flagOf({ isListed }: SessionEntry): string {
  return isListed ? '1' : '';
}

/** Reads entries that are each followed by a time. */
function indexed(reply: unknown): readonly IndexedSession[] {
  const parts = z.array(z.string()).parse(reply);
  return parts.flatMap((entry, index) =>
    index % 2 === 0 ? [{ ...positionOf(entry), time: parts[index + 1] ?? '' }] : [],
  );
}

/** Entries sort as text in the order in which sessions are listed. A session that is created again has another
 *  entry. */
function entryOf({ createdAt, key }: ListedPosition): string {
  return `${String(LATEST - createdAt.getTime()).padStart(DIGITS, '0')}${key}`;
}

function positionOf(entry: string): ListedPosition {
  return { createdAt: createdAtIn(entry.slice(0, DIGITS)), key: entry.slice(DIGITS) };
}

/** From the digits with which an entry begins. */
export function createdAtIn(digits: string): Date {
  return new Date(LATEST - Number(digits));
}
