import type { AgentRuntimeOptions, Fetch } from './agent-runtime-options.js';
import { Exchange } from './exchange.js';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

/** Requests to one service. */
export class Http {
  private readonly base: string;
  private readonly headers: Headers;
  private readonly fetch: Fetch;

  /** Throws TypeError for an address or a header that cannot be sent. */
  constructor({ baseUrl, key, userId, fetch, headers }: AgentRuntimeOptions) {
    this.base = new URL(baseUrl, pageAddress()).href.replace(/[?#].*$/, '').replace(/\/+$/, '');
    this.headers = new Headers(headers);
    if (key !== undefined) this.headers.set('X-Internal-Auth', key);
    if (userId !== undefined) this.headers.set('X-User-Id', userId);
    // Asked for anew each time: a browser's fetch wants its own window, and a test may put another in its place.
    this.fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** Resolves with the head of the answer, whatever it says. Throws where there is none. */
  open({ method, path, headers = {}, body }: Call, signal: AbortSignal | undefined): Promise<Exchange> {
    const all = new Headers(this.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    if (body !== undefined) all.set('Content-Type', 'application/json');
    const init: RequestInit = { method, headers: all, cache: 'no-store', ...(body !== undefined && { body }) };
    return Exchange.open((own) => this.fetch(this.base + path, { ...init, signal: own }), signal);
  }
}

/** Undefined outside of a browser. */
function pageAddress(): string | undefined {
  return Reflect.get(globalThis, 'location')?.href;
}
