import { once } from 'node:events';
import { createServer } from 'node:net';

const LOWEST = 11_000;
const COUNT = 10_000;
const given = new Set<number>();

/** A port on loopback that nobody listens on. Systems give outgoing connections ports from 32768 up (Linux) or 49152
 *  up, so from here none is taken while a server restarts, and no client that tries to reconnect can meet itself. Ten
 *  thousand above it there is room for the second port of a Redis cluster's node. This process gives each port once:
 *  whoever was given one may not listen on it yet, or be down just now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if ((await isFree(port)) && (await isFree(port + COUNT))) return port;
  }
  throw new Error(`No free port was found from ${LOWEST} to ${LOWEST + COUNT}.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
