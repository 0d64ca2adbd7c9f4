import type { Service } from './service.js';
import type { MessagePage, Metadata, Session } from './wire.js';

export interface ListOptions {
  readonly order?: 'created' | 'updated';
  /** How many are asked for at a time. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface SessionChange {
  readonly title?: string;
  /** `null` removes one. */
  readonly metadata?: { readonly [key: string]: Metadata[string] | null };
}

export interface MessagesOptions {
  /** The last so many; without it, all. */
  readonly limit?: number;
  /** The id of a message, or the `next_before` of the page behind this one. */
  readonly before?: string;
  readonly signal?: AbortSignal;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Everything of one session. */
export type SessionDocument = { readonly [part: string]: unknown };

export class Sessions {
  /** @internal */
  constructor(private readonly service: Service) {}

  /** All of them, page by page as they are asked for. One that changes very often meanwhile may be on two pages: it is
   *  told once, where it came first. */
  async *list({ order, limit, signal }: ListOptions = {}): AsyncGenerator<Session, void, undefined> {
    const told = new Set<string>();
    let cursor: string | undefined;
    do {
      const path = `/agent/sessions${queryOf({ order, limit, cursor })}`;
      const page = await this.service.json<SessionPage>({ method: 'GET', path }, { signal });
      for (const session of page.sessions) {
        const name = `${session.user_id ?? ''} ${session.session_id}`;
        if (!told.has(name)) yield session;
        told.add(name);
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  get(sessionId: string, { signal }: CallOptions = {}): Promise<Session> {
    return this.service.json({ method: 'GET', path: pathOf(sessionId) }, { signal });
  }

  update(sessionId: string, change: SessionChange, { signal }: CallOptions = {}): Promise<Session> {
    return this.service.json({ method: 'PATCH', path: pathOf(sessionId), body: JSON.stringify(change) }, { signal });
  }

  async delete(sessionId: string, { signal }: CallOptions = {}): Promise<void> {
    await this.service.json({ method: 'DELETE', path: pathOf(sessionId) }, { signal });
  }

  messages(sessionId: string, { limit, before, signal }: MessagesOptions = {}): Promise<MessagePage> {
    const path = `${pathOf(sessionId)}/messages${queryOf({ limit, before })}`;
    return this.service.json({ method: 'GET', path }, { signal });
  }

  /** What `import` takes back, here or at another service. */
  export(sessionId: string, { signal }: CallOptions = {}): Promise<SessionDocument> {
    return this.service.json({ method: 'GET', path: `${pathOf(sessionId)}/export` }, { signal });
  }

  import(document: SessionDocument, { signal }: CallOptions = {}): Promise<Session> {
    const call = { method: 'POST', path: '/agent/sessions/import', body: JSON.stringify(document) } as const;
    return this.service.json(call, { signal, repeats: 'refused' });
  }
}

interface SessionPage {
  readonly sessions: readonly Session[];
  readonly next_cursor: string | null;
}

function pathOf(sessionId: string): string {
  return `/agent/sessions/${encodeURIComponent(sessionId)}`;
}

function queryOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
}
