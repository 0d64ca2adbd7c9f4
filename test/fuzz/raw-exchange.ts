import { connect, type Socket } from 'node:net';
import { answersIn, type RawAnswer } from './answers.js';
import type { Attempt } from './attempt.js';

export interface Outcome {
  readonly answers: readonly RawAnswer[];
  /** `reset`: the service did not take all that was sent. `hung`: it neither answered nor closed. */
  readonly end: 'closed' | 'reset' | 'answered' | 'hung';
}

/** How long the service may keep quiet after a whole answer until it counts as its last: it keeps connections open. */
const QUIET_MS = 300;

/** Sends what is to be sent on a connection of its own, and reads until the service closes it or has answered. */
export async function exchange(port: number, attempt: Attempt): Promise<Outcome> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const pieces: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<Outcome['end']>();
  const answers = (hasClosed: boolean) => answersIn(Buffer.concat(pieces), attempt.method, hasClosed);
  let quiet: NodeJS.Timeout | undefined;
  socket.on('data', (piece) => {
    pieces.push(piece);
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      if (answers(false).every(({ isWhole }) => isWhole)) resolve('answered');
    }, QUIET_MS);
  });
  socket.once('end', () => resolve('closed'));
  socket.once('error', () => resolve('reset'));
  socket.once('close', () => resolve('closed'));
  const late = setTimeout(() => resolve('hung'), attempt.milliseconds);
  void send(socket, attempt);
  const end = await promise;
  clearTimeout(late);
  clearTimeout(quiet);
  socket.destroy();
  return { answers: answers(end === 'closed' || end === 'reset'), end };
}

async function send(socket: Socket, { pieces, halfCloses }: Attempt): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    await new Promise(setImmediate);
  }
  if (halfCloses) socket.end();
}
