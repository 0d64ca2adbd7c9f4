import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What opens a connection. When `signal` aborts it leaves nothing behind; what it throws then does not matter. */
export type Connect = (signal: AbortSignal) => Promise<Socket>;

/** A connection within so many milliseconds, given up at once when `leaving` aborts. The HTTP client would wait as long
 *  as the system does, which is minutes. */
export async function connectWithin(milliseconds: number, leaving: AbortSignal, connect: Connect): Promise<Socket> {
  const giveUp = new AbortController();
  const failed = Promise.withResolvers<never>();
  const end = (error: Error) => {
    failed.reject(error);
    giveUp.abort(error);
  };
  const leave = () => end(new Error('nobody wants the connection any more'));
  const late = Object.assign(new Error(`no connection within ${milliseconds} ms`), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => end(late), milliseconds);
  leaving.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([connect(giveUp.signal), failed.promise]);
  } finally {
    clearTimeout(timer);
    leaving.removeEventListener('abort', leave);
  }
}

/** The same socket when its handshake is done. */
export async function secured(socket: TLSSocket, signal: AbortSignal): Promise<Socket> {
  // An error may come when nobody waits for it any more, and an `error` event nobody hears ends the process.
  socket.on('error', () => {});
  try {
    await once(socket, 'secureConnect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
