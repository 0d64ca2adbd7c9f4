import { z } from 'zod';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../../application/ports/session-repository.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import { assistantMessage, type Message, userMessage } from '../../../../domain/message.js';
import type { RedisSystem } from './redis-system.js';
import { messagesScript } from './scripts/messages.js';
import { storedFields, storedRun } from './stored-run.js';

const told = z.tuple([z.string(), storedFields, z.string().nullable()]);
const reply = z.tuple([z.string(), z.number(), z.array(told)]).nullable();

/** The history of a session on its way from the server, which serves others between two pages. */
export class HistoryReading {
  constructor(
    private readonly redis: RedisSystem,
    private readonly sessionId: string,
    private readonly upToRun: string | undefined,
  ) {}

  async *pages(): AsyncGenerator<readonly Message[]> {
    let session: string | undefined;
    for (let from = 0; from >= 0; ) {
      const [createdAt, next, turns] = await this.page(from);
      // Another session of the same id has another history.
      if (createdAt !== (session ?? createdAt)) throw new SessionNotFound(this.sessionId);
      session = createdAt;
      from = next;
      const messages = turns.flatMap((turn) => this.messagesOf(turn));
      if (messages.length > 0) yield messages;
    }
  }

  private async page(from: number) {
    const { connection, keys } = this.redis;
    // Bytes are never fewer than characters.
    const values = [this.upToRun ?? '', from, MAX_PAGE_TURNS, MAX_PAGE_CHARACTERS];
    const page = reply.parse(await connection.run(messagesScript, keys.session(this.sessionId), values));
    if (page === null) throw new SessionNotFound(this.sessionId);
    return page;
  }

  private messagesOf([runId, fields, answer]: z.output<typeof told>): readonly Message[] {
    const run = storedRun(this.sessionId, runId, fields)?.run;
    if (run === undefined) return [];
    const message = runId === this.upToRun ? undefined : assistantMessage(run, answer ?? '');
    return message === undefined ? [userMessage(run)] : [userMessage(run), message];
  }
}
