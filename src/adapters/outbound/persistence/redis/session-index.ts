import { z } from 'zod';
import type { SessionPosition } from '../../../../application/ports/session-repository.js';
import type { Turn } from '../../../../domain/session.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { announceScript, dueScript, postponeScript, settleScript } from './scripts/agenda.js';

/** The largest time there is, in milliseconds. */
const LATEST = 8.64e15;
const DIGITS = 16;

/** A session whose time to be looked at has come. */
export interface DueSession extends SessionPosition {
  /** The time, as it was set. */
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
  async announce(session: SessionPosition, turn: Turn): Promise<void> {
    const values = [entryOf(session), this.leaseMilliseconds, turn === 'now' ? 1 : 0];
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

  async due(limit: number): Promise<readonly DueSession[]> {
    const reply = await this.connection.run(dueScript, [this.keys.agenda], [limit]);
    const parts = z.array(z.string()).parse(reply);
    return parts.flatMap((entry, index) =>
      index % 2 === 0 ? [{ ...positionOf(entry), time: parts[index + 1] ?? '' }] : [],
    );
  }

  /** The session was looked at; `again` is when to look next, undefined when it is gone. */
  async settle(session: DueSession, again: number | undefined): Promise<void> {
    await this.connection.run(settleScript, this.both, [entryOf(session), session.time, again ?? '']);
  }

  async forget(session: SessionPosition): Promise<void> {
    const entry = entryOf(session);
    await this.connection.ask((client) =>
      Promise.all([client.zrem(this.keys.sessions, entry), client.zrem(this.keys.agenda, entry)]),
    );
  }

  /** Newest first, then by id. */
  async page(limit: number, after: SessionPosition | undefined): Promise<readonly SessionPosition[]> {
    const from = after === undefined ? '-' : `(${entryOf(after)}`;
    const entries = await this.connection.ask((client) =>
      client.zrangebylex(this.keys.sessions, from, '+', 'LIMIT', 0, limit),
    );
    return entries.map(positionOf);
  }
}

/** Sorts as text the way sessions are listed. A session that is created again has another entry. */
function entryOf({ createdAt, id }: SessionPosition): string {
  return `${String(LATEST - createdAt.getTime()).padStart(DIGITS, '0')}${id}`;
}

function positionOf(entry: string): SessionPosition {
  return { createdAt: new Date(LATEST - Number(entry.slice(0, DIGITS))), id: entry.slice(DIGITS) };
}
