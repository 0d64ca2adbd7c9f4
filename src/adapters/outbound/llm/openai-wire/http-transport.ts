import type { Readable } from 'node:stream';
import { context, propagation } from '@opentelemetry/api';
import { AxiosHeaders, type AxiosResponse, getAdapter } from 'axios';
import { LlmError } from '../../../../domain/errors.js';
import type { ProxyFor } from '../llm-provider.js';
import { errorOfConnection, errorOfStatus } from './map-error.js';
import { readExcerpt } from './read-excerpt.js';
import { retryAfterOf } from './retry-after.js';
import { type Route, routeTo, transportUntil } from './route.js';
import { ProxyRefusal } from './tunnel.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer with a good status. Its body holds a connection until it is read to the end or destroyed. */
export interface HttpResponse {
  readonly status: number;
  /** In lower case, without parameters; '' where the server names none. */
  readonly mediaType: string;
  readonly body: Readable;
}

/** axios' client by itself. What `axios.request` does before it, which is merging defaults and transforming bodies,
 *  nobody needs here, and it takes as long as the sending. */
const sendOverHttp = getAdapter('http');

const SETTINGS = {
  responseType: 'stream',
  timeout: 0,
  // The headers hold a key: it goes to the configured host and nowhere else.
  maxRedirects: 0,
  validateStatus: () => true,
} as const;

/** Requests to one upstream, over connections that are kept. Has no time limit of its own; `signal` is the caller's. */
export class HttpTransport {
  private route: Route | undefined;

  constructor(
    private readonly connectMilliseconds: number,
    private readonly proxyFor: ProxyFor = () => undefined,
  ) {}

  /** Throws LlmError where there is no answer or one that is no success. When `signal` aborts, the connection is closed
   *  at once, also while the body is read; what is thrown then is anything, and the caller looks at the signal. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { status, headers, data: body } = await this.request(request, signal);
    // An abort or a reset may come while nobody reads, and an `error` event nobody hears ends the process.
    body.on('error', () => {});
    if (status === 407 && this.route?.proxy) throw refusedByProxy(body, status);
    if (status < 200 || status > 299) throw errorOfStatus(status, await readExcerpt(body), retryAfterOf(headers));
    const encoding = headers['content-encoding'];
    if (encoding !== undefined) {
      body.destroy();
      throw new LlmError('upstream_protocol', { detail: `content-encoding ${encoding}` });
    }
    return { status, mediaType: mediaTypeOf(headers['content-type']), body };
  }

  private async request(
    { method, url, headers, body }: HttpRequest,
    signal: AbortSignal,
  ): Promise<AxiosResponse<Readable>> {
    try {
      signal.throwIfAborted();
      this.route ??= routeTo(url, this.proxyFor(url), this.connectMilliseconds);
      return await sendOverHttp({
        ...SETTINGS,
        ...this.route,
        transport: transportUntil(signal),
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

/** 407 is the proxy's own word (RFC 9110, 15.5.8). */
function refusedByProxy(body: Readable, status: number): LlmError {
  body.destroy();
  return new LlmError('upstream_unavailable', { cause: new ProxyRefusal(status) });
}

/** Of the span that this is a part of (W3C Trace Context); nothing where nobody traces. */
function traceparent(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

function mediaTypeOf(contentType: unknown): string {
  const [mediaType = ''] = String(contentType ?? '').split(';');
  return mediaType.trim().toLowerCase();
}
