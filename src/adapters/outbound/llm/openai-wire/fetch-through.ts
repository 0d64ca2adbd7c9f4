import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { Readable } from 'node:stream';
import type { ProxyFor } from '../llm-provider.js';
import { credentialsFor } from './tunnel.js';
import { LEAVING, upstreamAgents } from './upstream-agents.js';

const CONNECT_MILLISECONDS = 10_000;
const WITHOUT_BODY = [204, 205, 304];

/** What a library asks with that speaks in the words of `fetch`. */
type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A fetch that opens its connections to one server as those to upstreams are: through the proxies of the environment.
 *  It follows no redirect. It has no time limit of its own, where Node's ends an answer after 300 s of silence: the
 *  signal of each request is the limit. Bodies are sent as text. */
export function fetchThrough(server: string, proxyFor: ProxyFor): Fetch {
  const { host } = new URL(server);
  const { httpAgent } = upstreamAgents(CONNECT_MILLISECONDS, undefined);
  const { httpsAgent } = upstreamAgents(CONNECT_MILLISECONDS, proxyFor(`https://${host}`));
  return (target, { method = 'GET', headers, body, signal } = {}) => {
    const url = new URL(target);
    const isSecure = url.protocol === 'https:';
    const way = isSecure ? { agent: httpsAgent } : { agent: httpAgent, ...handedTo(proxyFor(url.href), url) };
    const given = { ...Object.fromEntries(new Headers(headers)), 'accept-encoding': 'identity', ...way.headers };
    const leaving = signal ?? new AbortController().signal;
    const options = { ...way, method, headers: given, signal: leaving, [LEAVING]: leaving };
    const request = (isSecure ? requestOverHttps : requestOverHttp)(url, options);
    return answerOf(request, typeof body === 'string' ? body : '');
  };
}

/** A plain request is handed to its proxy with its whole address (RFC 9112, 3.2.2). */
function handedTo(
  proxy: URL | undefined,
  url: URL,
): Pick<RequestOptions, 'hostname' | 'port' | 'path'> & {
  readonly headers?: Record<string, string>;
} {
  if (proxy === undefined) return {};
  const headers = { host: url.host, ...credentialsFor(proxy) };
  return { hostname: proxy.hostname.replace(/^\[|\]$/g, ''), port: proxy.port || 80, path: url.href, headers };
}

function answerOf(request: ClientRequest, body: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.once('response', (message) => resolve(responseOf(message))).on('error', reject);
    request.end(body);
  });
}

function responseOf(message: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', headersDistinct } = message;
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  if (!WITHOUT_BODY.includes(status)) return new Response(streamOf(message), { status, statusText, headers });
  message.resume();
  return new Response(null, { status, statusText, headers });
}

function streamOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const stream: unknown = Readable.toWeb(message);
  if (!(stream instanceof ReadableStream)) throw new Error('A body is no stream.');
  return stream;
}
