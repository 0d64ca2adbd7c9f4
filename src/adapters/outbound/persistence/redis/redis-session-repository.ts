import { z } from 'zod';
import type {
  AcceptedTurn,
  NewTurn,
  SessionPosition,
  SessionRepository,
} from '../../../../application/ports/session-repository.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import type { Message } from '../../../../domain/message.js';
import type { Run } from '../../../../domain/run.js';
import { endEvents } from '../../../../domain/run-event.js';
import type { Session } from '../../../../domain/session.js';
import { HistoryReading } from './history-reading.js';
import type { RedisSystem } from './redis-system.js';
import { deleteScript } from './scripts/delete.js';
import type { ListedSession } from './session-index.js';
import { sessionOf } from './session-view.js';
import { storedDate } from './stored-run.js';
import { startedBy, type TurnTaking } from './turn-taking.js';

/** How many entries are looked at together: those of sessions that have expired are passed over. */
const LARGEST_PAGE = 512;

const deleted = z.tuple([z.string(), z.array(z.string())]).nullable();

export class RedisSessionRepository implements SessionRepository {
  constructor(
    private readonly redis: RedisSystem,
    private readonly turns: TurnTaking,
  ) {}

  accept(turn: NewTurn): Promise<AcceptedTurn> {
    return this.turns.accept(turn);
  }

  async findAccepted(turn: NewTurn): Promise<Run | undefined> {
    return startedBy(turn, await this.turns.look(turn.run.sessionId, '', turn.idempotencyKey));
  }

  async find(sessionId: string): Promise<Session> {
    const { session } = await this.turns.look(sessionId, '', undefined);
    if (session === undefined) throw new SessionNotFound(sessionId);
    return session;
  }

  async list(limit: number, after: SessionPosition | undefined, signal?: AbortSignal): Promise<readonly Session[]> {
    const sessions: Session[] = [];
    let last = after;
    for (let size = limit; ; size = Math.min(2 * size, LARGEST_PAGE)) {
      signal?.throwIfAborted();
      const page = await this.redis.index.page(size, last);
      sessions.push(...(await this.thereOf(page)));
      if (sessions.length >= limit || page.length < size) return sessions.slice(0, limit);
      last = page.at(-1);
    }
  }

  messages(sessionId: string, upToRun?: string): AsyncIterable<readonly Message[]> {
    return new HistoryReading(this.redis, sessionId, upToRun).pages();
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    const { connection, keys, times, index } = this.redis;
    const [closing] = endEvents({ finishReason: 'cancelled', usage: undefined, error: undefined, at }, 1);
    const values = [keys.journals(sessionId), keys.news, times.farewell, JSON.stringify(closing)];
    const answer = deleted.parse(await connection.run(deleteScript, keys.session(sessionId), values));
    if (answer === null) throw new SessionNotFound(sessionId);
    const [createdAt, ended] = answer;
    for (const runId of ended) this.redis.news.gone(runId);
    await index.forget({ id: sessionId, createdAt: storedDate(createdAt) });
  }

  /** Those of a page that are still there; where many are not, the next one finds less to pass over. */
  private async thereOf(page: readonly ListedSession[]): Promise<readonly Session[]> {
    const found = await Promise.all(page.map((position) => this.at(position)));
    await this.redis.index.forgetExpired(page.filter((_, index) => found[index] === undefined));
    return found.filter((session) => session !== undefined);
  }

  /** The session that an entry of the index means; one of the same id may have been created later. */
  private async at({ id, createdAt }: SessionPosition): Promise<Session | undefined> {
    const { connection, keys } = this.redis;
    const [key] = keys.session(id);
    const fields = await connection.ask((client) =>
      client.hmget(key, 'createdAt', 'updatedAt', 'messageCount', 'active', 'queued'),
    );
    const session = sessionOf(id, fields);
    return session?.createdAt.getTime() === createdAt.getTime() ? session : undefined;
  }
}
