import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';

/** What a connection gets before the next address is tried beside it (RFC 8305). */
const HEAD_START_MS = 250;

/** As long as axios wants it: told another number, each request and its end would set the socket's options anew. */
export const PROBE_AFTER_MS = 60_000;

export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

/** A connection to the address that answers first. Node's own way gives each address but the last 250 ms and then drops
 *  it, so a slow one is never reached. Here each may take as long as there is time, which `signal` says. */
export async function connectToAny({ host, port, lookup }: Peer, signal: AbortSignal): Promise<Socket> {
  const addresses = await addressesOf(host, lookup);
  signal.throwIfAborted();
  const sockets: Socket[] = [];
  const give = () => sockets.forEach((socket) => void socket.destroy());
  signal.addEventListener('abort', give, { once: true });
  try {
    const winner = await firstOf(addresses, (address) => open(address, port, sockets));
    for (const socket of sockets) if (socket !== winner) socket.destroy();
    return winner;
  } finally {
    signal.removeEventListener('abort', give);
  }
}

async function firstOf(addresses: readonly string[], open: (address: string) => Promise<Socket>): Promise<Socket> {
  const attempts: Promise<Socket>[] = [];
  const first = () => Promise.any(attempts).catch(() => undefined);
  for (const address of addresses) {
    const attempt = open(address);
    attempts.push(attempt);
    const failed = attempt.then(first, () => undefined);
    const socket = await withHeadStart(
      attempts.length === addresses.length ? first() : Promise.race([first(), failed]),
    );
    if (socket !== undefined) return socket;
  }
  return Promise.any(attempts).catch(({ errors: [error] }: AggregateError) => Promise.reject(error));
}

/** Undefined when nobody was there in that time. */
async function withHeadStart(socket: Promise<Socket | undefined>): Promise<Socket | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), HEAD_START_MS);
  return await Promise.race([socket, late.promise]).finally(() => clearTimeout(timer));
}

async function open(host: string, port: number, sockets: Socket[]): Promise<Socket> {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
  const socket = connect({ host, port, ...options });
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

function addressesOf(host: string, lookup: LookupFunction): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address));
    });
  });
}
