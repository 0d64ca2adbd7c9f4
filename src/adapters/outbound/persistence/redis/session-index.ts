import { z } from 'zod';
import type { SessionPosition } from '../../../../application/ports/session-repository.js';
import type { Place } from '../../../../domain/session.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { announceScript, dueScript, forgetScript, listScript, postponeScript, settleScript } from './scripts/agenda.js';

/** The largest time there is, in milliseconds. */
const LATEST = 8.64e15;
const DIGITS = 16;

/** A session as the index has it. */
export interface ListedSession extends SessionPosition {
  /** When it is to be looked at, as it was set; '' where that time has not come. */
  readonly time: string;
}

/** All sessions, in one place of a cluster: to be listed, and to be looked at when a lease may be over or a session may have
 *  expired. An entry is made before its session is, and goes after it; it counts only while its session exists. */
export class SessionIndex {
  private readonly both: readonly string[];

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly leaseMilliseconds: number,
  ) {
    this.both = [keys.sessions, keys.agenda];
  }

  /** The session is to get a message. */
  async announce(session: SessionPosition, place: Place): Promise<void> {
    const values = [entryOf(session), this.leaseMilliseconds, place === 'now' ? 1 : 0];
    await this.connection.run(announceScript, this.both, values);
  }

  /** Their runs' leases were renewed. */
  async postpone(sessions: readonly SessionPosition[]): Promise<void> {
    if (sessions.length === 0) return;
    await this.connection.run(postponeScript, this.both, [this.leaseMilliseconds, ...sessions.map(entryOf)]);
  }

  /** The session's run is nobody's. */
  async hurry(session: SessionPosition): Promise<void> {
    await this.connection.run(postponeScript, this.both, [0, entryOf(session)]);
  }

  async due(limit: number): Promise<readonly ListedSession[]> {
    return listed(await this.connection.run(dueScript, [this.keys.agenda], [limit]));
  }

  /** The session was looked at; `again` is when to look next, undefined when it is gone. */
  async settle(session: ListedSession, again: number | undefined): Promise<void> {
    await this.connection.run(settleScript, this.both, [entryOf(session), session.time, again ?? '']);
  }

  async forget(session: SessionPosition): Promise<void> {
    const entry = entryOf(session);
    await this.connection.ask((client) =>
      Promise.all([client.zrem(this.keys.sessions, entry), client.zrem(this.keys.agenda, entry)]),
    );
  }

  /** Newest first, then by id. */
  async page(limit: number, after: SessionPosition | undefined): Promise<readonly ListedSession[]> {
    const from = after === undefined ? '-' : `(${entryOf(after)}`;
    return listed(await this.connection.run(listScript, this.both, [from, limit]));
  }

  /** Those of a page that are gone. One that is not to be looked at yet is just about to get its message. */
  async forgetExpired(sessions: readonly ListedSession[]): Promise<void> {
    const due = sessions.filter(({ time }) => time !== '');
    if (due.length === 0) return;
    const values = due.flatMap((session) => [entryOf(session), session.time]);
    await this.connection.run(forgetScript, this.both, values);
  }
}

/** Entries, each followed by a time. */
function listed(reply: unknown): readonly ListedSession[] {
  const parts = z.array(z.string()).parse(reply);
  return parts.flatMap((entry, index) =>
    index % 2 === 0 ? [{ ...positionOf(entry), time: parts[index + 1] ?? '' }] : [],
  );
}

/** Sorts as text the way sessions are listed. A session that is created again has another entry. */
function entryOf({ createdAt, id }: SessionPosition): string {
  return `${String(LATEST - createdAt.getTime()).padStart(DIGITS, '0')}${id}`;
}

function positionOf(entry: string): SessionPosition {
  return { createdAt: new Date(LATEST - Number(entry.slice(0, DIGITS))), id: entry.slice(DIGITS) };
}
