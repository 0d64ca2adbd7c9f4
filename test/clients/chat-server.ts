import { INTERNAL_KEY, RuntimeServer, type RuntimeServerOptions } from '../support/runtime-server.js';
import { type PageChat, type PageMessage, type PageOptions, PLAIN_CHATS } from './plain-chats.js';

/** The service, and chats of one major of the AI SDK with it, each in a session of its own. */
export class ChatServer {
  private chats = 0;

  private constructor(
    readonly service: RuntimeServer,
    private readonly newChat: (options: PageOptions) => PageChat,
  ) {}

  static async start(major: string, options: RuntimeServerOptions = {}): Promise<ChatServer> {
    const newChat = PLAIN_CHATS[major];
    if (newChat === undefined) throw new Error(`There is no ${major}.`);
    return new ChatServer(await RuntimeServer.start(options), newChat);
  }

  close(): Promise<void> {
    return this.service.close();
  }

  /** A page of a new session, or with an id another page of one that is there. */
  open(options: Partial<PageOptions> = {}): PageChat {
    if (options.id === undefined) this.chats += 1;
    const headers = { Authorization: `Bearer ${INTERNAL_KEY}` };
    return this.newChat({ api: `${this.service.origin}/ai/chat`, headers, id: this.id, ...options });
  }

  /** The session of the chat that was opened last. */
  get id(): string {
    return `chat${this.chats}`;
  }

  async history(): Promise<readonly KeptMessage[]> {
    const { text } = await this.service.get(`/agent/sessions/${this.id}/messages`);
    return JSON.parse(text).messages;
  }

  post(path: string, body?: object) {
    return this.service.post(`/ai/chat/${this.id}${path}`, body);
  }
}

export interface KeptMessage {
  readonly role: string;
  readonly content: string;
  readonly status: string;
  readonly run_id: string;
}

export function textIn({ parts }: PageMessage): string {
  return parts.map(({ type, text }) => (type === 'text' ? text : '')).join('');
}

/** What a page shows of its parts, in their order: without what no person sees. */
export function shown({ parts }: PageMessage): unknown[] {
  return parts.map(({ type, text, state, input, output, errorText }) => {
    if (type === 'step-start') return type;
    if (type === 'text' || type === 'reasoning') return [type, text, state];
    return [type, state, input, ...(output === undefined ? [] : [output]), ...(errorText ? [errorText] : [])];
  });
}

export const NO_MESSAGE: PageMessage = { id: '', role: '', parts: [] };
