import dns from 'node:dns';
import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { connectToAny, type Peer, PROBE_AFTER_MS } from './connect-to-any.js';
import { connectWithin, secured } from './connecting.js';
import { tunnelTo } from './tunnel.js';

/** Below the 5 s that common Python servers keep an idle connection: a request must not meet the server's closing of
 *  it. */
const IDLE_CONNECTION_MS = 4000;

const OPTIONS: AgentOptions = { keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, timeout: IDLE_CONNECTION_MS };

/** The name under which a request's options carry the signal of who waits for its connection. Node's own `signal` is
 *  for the whole request, and does not come as far as here. */
export const LEAVING = Symbol('leaving');

/** Node's agents, which keep connections, over connections that are opened our way: to any address of a name, through
 *  `tunnel` where there is one, within a time that counts all of it. */
export function upstreamAgents(connectMilliseconds: number, tunnel: URL | undefined) {
  const open = (peer: Peer, signal: AbortSignal) =>
    tunnel === undefined ? connectToAny(peer, signal) : tunnelTo(peer, tunnel, signal);
  const httpAgent = new HttpAgent(OPTIONS);
  const httpsAgent = new HttpsAgent(OPTIONS);
  const handshake = httpsAgent.createConnection.bind(httpsAgent);
  connectOurWay(httpAgent, connectMilliseconds, (options, signal) => open(peerOf(options), signal));
  connectOurWay(httpsAgent, connectMilliseconds, async (options, signal) => {
    const socket = handshake({ ...options, ...{ socket: await open(peerOf(options), signal) } });
    if (!(socket instanceof TLSSocket)) throw new Error('This is no TLS connection.');
    return await secured(socket, signal);
  });
  return { httpAgent, httpsAgent };
}

type Open = (options: ClientRequestArgs, signal: AbortSignal) => Promise<Socket>;

function connectOurWay(agent: HttpAgent, milliseconds: number, open: Open): void {
  agent.createConnection = (options, callback) => {
    connectWithin(milliseconds, leavingOf(options), (signal) => open(options, signal)).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, new Duplex()),
    );
    return undefined;
  };
}

function leavingOf(options: ClientRequestArgs): AbortSignal {
  const leaving = LEAVING in options ? options[LEAVING] : undefined;
  return leaving instanceof AbortSignal ? leaving : new AbortController().signal;
}

function peerOf({ host, port, lookup }: ClientRequestArgs): Peer {
  return { host: host ?? 'localhost', port: Number(port), lookup: lookup ?? dns.lookup };
}
