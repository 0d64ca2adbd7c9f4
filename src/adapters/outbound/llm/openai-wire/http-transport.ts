import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { context, propagation } from '@opentelemetry/api';
import { AxiosHeaders, type AxiosResponse, getAdapter } from 'axios';
import { LlmError } from '../../../../domain/errors.js';
import { errorOfConnection, errorOfStatus } from './map-error.js';
import { readExcerpt } from './read-excerpt.js';
import { retryAfterOf } from './retry-after.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer with a good status. Its body holds a connection until it is read to the end or destroyed. */
export interface HttpResponse {
  /** In lower case, without parameters; '' where the server names none. */
  readonly mediaType: string;
  readonly body: Readable;
}

/** Below the 5 s that common Python servers keep an idle connection: a request must not meet the server's closing of it. */
const IDLE_CONNECTION_MS = 4000;

/** As long as axios wants it: told another number, each request and its end would set the socket's options anew. */
const PROBE_AFTER_MS = 60_000;
const AGENT_OPTIONS = { keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, timeout: IDLE_CONNECTION_MS };

/** axios' client by itself. What `axios.request` does before it, which is merging defaults and transforming bodies, nobody needs
 *  here, and it takes as long as the sending. */
const sendOverHttp = getAdapter('http');

/** Requests to one upstream, over connections that are kept. Has no time limit of its own; `signal` is the caller's. */
export class HttpTransport {
  private readonly httpAgent = new HttpAgent(AGENT_OPTIONS);
  private readonly httpsAgent = new HttpsAgent(AGENT_OPTIONS);

  private readonly settings = {
    responseType: 'stream',
    httpAgent: this.httpAgent,
    httpsAgent: this.httpsAgent,
    timeout: 0,
    // The headers hold a key: it goes to the configured host and nowhere else.
    maxRedirects: 0,
    proxy: false,
    validateStatus: () => true,
  } as const;

  constructor(connectMilliseconds: number) {
    limitConnecting(this.httpAgent, 'connect', connectMilliseconds);
    limitConnecting(this.httpsAgent, 'secureConnect', connectMilliseconds);
  }

  /** Throws LlmError where there is no answer or one that is no success. When `signal` aborts, the connection is closed at
   *  once, also while the body is read; what is thrown then is anything, and the caller looks at the signal. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { status, headers, data: body } = await this.request(request, signal);
    // An abort or a reset may come while nobody reads, and an `error` event nobody hears ends the process.
    body.on('error', () => {});
    if (status < 200 || status > 299) throw errorOfStatus(status, await readExcerpt(body), retryAfterOf(headers));
    const encoding = String(headers['content-encoding'] ?? 'identity');
    if (encoding !== 'identity') {
      body.destroy();
      throw new LlmError('upstream_protocol', { detail: `content-encoding ${encoding}` });
    }
    return { mediaType: mediaTypeOf(headers['content-type']), body };
  }

  private async request(
    { method, url, headers, body }: HttpRequest,
    signal: AbortSignal,
  ): Promise<AxiosResponse<Readable>> {
    try {
      signal.throwIfAborted();
      return await sendOverHttp({
        ...this.settings,
        method,
        url,
        // Compressed events would be held back until a block is full.
        headers: new AxiosHeaders({
          'User-Agent': 'agent-runtime',
          'Accept-Encoding': 'identity',
          ...traceparent(),
          ...headers,
        }),
        data: body === undefined ? undefined : Buffer.from(body),
        signal,
      });
    } catch (error) {
      throw errorOfConnection(error);
    }
  }
}

/** Of the span that this is a part of (W3C Trace Context); nothing where nobody traces. */
function traceparent(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** No address, no handshake: the HTTP client would wait as long as the system does, which is minutes. */
function limitConnecting(agent: HttpAgent, ready: 'connect' | 'secureConnect', milliseconds: number): void {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = createConnection(options, callback);
    const late = Object.assign(new Error(`no connection within ${milliseconds} ms`), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => socket?.destroy(late), milliseconds);
    for (const event of [ready, 'close']) socket?.once(event, () => clearTimeout(timer));
    return socket;
  };
}

function mediaTypeOf(contentType: unknown): string {
  const [mediaType = ''] = String(contentType ?? '').split(';');
  return mediaType.trim().toLowerCase();
}
