import type { IncomingMessage, Server } from 'node:http';

/** Tells the process that started this one where it listens. It ends with that process. */
export function readyAt(server: Server): void {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  process.send?.(address.port);
  process.once('disconnect', () => process.exit(0));
}

export async function textOf(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
