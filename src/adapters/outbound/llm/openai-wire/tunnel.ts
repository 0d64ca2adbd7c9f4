import { type ClientRequest, request as requestOverHttp } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectToAny, type Peer } from './connect-to-any.js';
import { secured } from './connecting.js';

/** A connection to `peer` that `proxy` passes on (RFC 9110, 9.3.6). */
export async function tunnelTo(peer: Peer, proxy: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${peer.host.includes(':') ? `[${peer.host}]` : peer.host}:${peer.port}`;
  const connection = await connectToProxy(proxy, peer.lookup, signal);
  const request = requestOverHttp({
    method: 'CONNECT',
    path: authority,
    headers: { Host: authority, ...credentialsFor(proxy) },
    createConnection: () => connection,
    signal,
  });
  request.end();
  const { status, socket } = await answerOf(request);
  if (status === 200) return socket;
  socket.destroy();
  throw new ProxyRefusal(status);
}

function answerOf(request: ClientRequest): Promise<{ status: number | undefined; socket: Socket }> {
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode: status }, socket) => resolve({ status, socket })).on('error', reject);
  });
}

/** The proxy's own word, not the upstream's. Never with its address: that may hold a password. */
export class ProxyRefusal extends Error {
  readonly code = 'PROXY_REFUSED';

  constructor(status: number | undefined) {
    super(`the proxy refuses: HTTP ${status}`);
  }
}

async function connectToProxy(proxy: URL, lookup: Peer['lookup'], signal: AbortSignal): Promise<Socket> {
  const secure = proxy.protocol === 'https:';
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const socket = await connectToAny({ host, port: Number(proxy.port || (secure ? 443 : 80)), lookup }, signal);
  return secure ? await secured(connectTls({ socket, host, servername: serverName(host) }), signal) : socket;
}

/** An address is no name that a handshake may send (RFC 6066, 3). */
function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}

export function credentialsFor({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = [username, password].map(decodeURIComponent).join(':');
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
