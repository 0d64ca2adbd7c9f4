import type { Message, MessageId } from '../../domain/message.js';
import type { SessionRepository } from '../ports/session-repository.js';

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
  constructor(private readonly sessions: Pick<SessionRepository, 'messages' | 'latestMessages'>) {}

  /** All of them, page by page. Throws SessionNotFound. */
  execute(sessionId: string): AsyncIterable<readonly Message[]> {
    return this.sessions.messages(sessionId);
  }

  /** The last ones, at most `limit` and fewer where they are large, or the last ones before a message; also before one that was
   *  taken back meanwhile. Undefined where the session has no such message. Throws SessionNotFound. */
  async page(sessionId: string, limit: number, before?: MessageId): Promise<HistoryPage | undefined> {
    const latestFirst = this.oneByOne(sessionId, before?.runId);
    if (before === undefined) return pageOf(latestFirst, limit, []);
    const { value: asked } = await latestFirst.next();
    if (asked === undefined || asked.runId !== before.runId) return undefined;
    return pageOf(latestFirst, limit, before.role === 'user' ? [] : [asked]);
  }

  private async *oneByOne(sessionId: string, through?: string): AsyncGenerator<Message, undefined> {
    for await (const page of this.sessions.latestMessages(sessionId, through)) yield* page;
  }
}

async function pageOf(
  latestFirst: AsyncIterable<Message>,
  limit: number,
  begun: readonly Message[],
): Promise<HistoryPage> {
  const page = [...begun];
  let characters = 0;
  for await (const message of latestFirst) {
    if (page.length >= limit || characters >= FULL_PAGE_CHARACTERS) return { messages: page.reverse(), hasMore: true };
    page.push(message);
    characters += message.content.length;
  }
  return { messages: page.reverse(), hasMore: false };
}
