import type { Caller } from '../../domain/caller.js';
import type { Message, MessageId } from '../../domain/message.js';
import type { Run } from '../../domain/run.js';
import type { SessionRepository } from '../ports/session-repository.js';
import type { ReadingPlaces } from '../reading-places.js';

/** A page that has as many characters takes no further message. */
const FULL_PAGE_CHARACTERS = 4 * 1024 * 1024;

/** In the order of the history. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  /** There are earlier ones. */
  readonly hasMore: boolean;
}

/** The messages of a session, in turn order. */
export class GetHistory {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'locate' | 'messages' | 'latestMessages'>,
    private readonly places: ReadingPlaces,
  ) {}

  /** All of them, page by page. Throws SessionNotFound, SessionAmbiguous. */
  async *execute(sessionId: string, by: Caller): AsyncGenerator<readonly Message[]> {
    const { key } = await this.sessions.locate(sessionId, by);
    yield* this.places.inTurn(this.sessions.messages(key));
  }

  /** All of them, the latest first. What is not read costs nothing. Throws as above. */
  async *latestFirst(sessionId: string, by: Caller): AsyncGenerator<Message> {
    const { key } = await this.sessions.locate(sessionId, by);
    yield* this.oneByOne(key);
  }

  /** What was said up to the answer of a run, in its order. Throws SessionNotFound. */
  async through({ id, sessionId, userId }: Run): Promise<readonly Message[]> {
    const { key } = await this.sessions.locate(sessionId, { userId });
    const said: Message[] = [];
    for await (const message of this.oneByOne(key, id)) said.push(message);
    return said.reverse();
  }

  /** The last ones, at most `limit` and fewer where they are large, or the last ones before a message; also before one
   *  that was taken back meanwhile. Undefined where the session has no such message. Throws as above. */
  async page(sessionId: string, by: Caller, limit: number, before?: MessageId): Promise<HistoryPage | undefined> {
    const { key } = await this.sessions.locate(sessionId, by);
    const latestFirst = this.oneByOne(key, before?.runId);
    try {
      const isThere = before === undefined || (await passedBy(latestFirst, before));
      return isThere ? await pageOf(latestFirst, limit) : undefined;
    } finally {
      await latestFirst.return(undefined);
    }
  }

  private async *oneByOne(key: string, through?: string): AsyncGenerator<Message, undefined> {
    for await (const page of this.places.inTurn(this.sessions.latestMessages(key, through))) yield* page;
  }
}

/** Reads up to this message, and tells whether it was there. It is one of the first that are read, or not there. */
async function passedBy(latestFirst: AsyncIterator<Message, undefined>, { runId, role, index }: MessageId) {
  for (;;) {
    const { value: message } = await latestFirst.next();
    if (message === undefined || message.runId !== runId) return false;
    if (message.role === role && message.index === index) return true;
  }
}

async function pageOf(latestFirst: AsyncIterable<Message>, limit: number): Promise<HistoryPage> {
  const page: Message[] = [];
  let characters = 0;
  for await (const message of latestFirst) {
    if (page.length >= limit || characters >= FULL_PAGE_CHARACTERS) return { messages: page.reverse(), hasMore: true };
    page.push(message);
    characters += message.content.length;
  }
  return { messages: page.reverse(), hasMore: false };
}
