import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import type { AxiosProxyConfig } from 'axios';
import { LEAVING, upstreamAgents } from './upstream-agents.js';

/** Gateways put long policies and cookies into headers; left to itself, Node gives up at 16 KiB. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How requests to one upstream travel, in axios' words. */
export type Route = ReturnType<typeof routeTo>;

/** Through a proxy, TLS goes in a tunnel; plain requests are handed to it with their whole address, which axios
 *  does. */
export function routeTo(url: string, proxy: URL | undefined, connectMilliseconds: number) {
  const secure = /^https:/i.test(url);
  const agents = upstreamAgents(connectMilliseconds, secure ? proxy : undefined);
  return { ...agents, proxy: proxy === undefined || secure ? (false as const) : asAxiosWants(proxy) };
}

/** What sends one request, for axios; its connection is given up when `leaving` aborts. */
export function transportUntil(leaving: AbortSignal) {
  return {
    request(options: RequestOptions, answer: (response: IncomingMessage) => void): ClientRequest {
      const send = options.protocol === 'https:' ? requestOverHttps : requestOverHttp;
      const all = { ...options, [LEAVING]: leaving, maxHeaderSize: MAX_HEADER_BYTES };
      return send(all, (response) => answer(withPlainEncoding(response)));
    },
  };
}

function asAxiosWants({ protocol, hostname, port, username, password }: URL): AxiosProxyConfig {
  const auth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    protocol,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    ...(username === '' && password === '' ? {} : { auth }),
  };
}

/** Some servers name an encoding where there is none (`identity`, a character set), or leave the header empty. */
function withPlainEncoding(response: IncomingMessage): IncomingMessage {
  const codings = (response.headers['content-encoding'] ?? '').toLowerCase().split(',');
  const real = codings.map((coding) => coding.trim()).filter((coding) => !/^(|identity|none|utf-?8)$/.test(coding));
  if (real.length === 0) delete response.headers['content-encoding'];
  else response.headers['content-encoding'] = real.join(', ');
  return response;
}
