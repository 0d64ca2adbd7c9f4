import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { SeededRandom } from './seeded-random.js';

/** Cuts where a network would: before the request is out, before its answer, and anywhere in that. It also tells a
 *  reader to come back soon, so that the test need not wait, and serves a page's files. */
export class RandomCutProxy {
  cuts = 0;
  private readonly server: Server;

  constructor(
    private readonly target: string,
    private readonly random: SeededRandom,
    /** After so many it is a good network. */
    private readonly most: number,
    private readonly files: Readonly<Record<string, readonly [type: string, content: string]>> = {},
  ) {
    this.server = createServer((incoming, outgoing) => this.serve(incoming, outgoing));
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const file = this.files[incoming.url ?? ''];
    if (file !== undefined) outgoing.setHeader('Content-Type', file[0]).end(file[1]);
    else this.pass(incoming, outgoing);
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const place = this.cuts < this.most ? this.random.whole(10) : 9;
    if (place < 9) this.cuts += 1;
    if (place === 0) {
      outgoing.destroy();
      return;
    }
    const { method = 'GET', headers } = incoming;
    const onward = request(this.target + incoming.url, { method, headers }, (answer) => {
      if (place === 1) outgoing.destroy();
      else passSome(answer, outgoing, place < 9 ? this.random.whole(1200) : Number.POSITIVE_INFINITY);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}

function passSome(answer: IncomingMessage, outgoing: ServerResponse, limit: number): void {
  let left = limit;
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders();
  answer.on('data', (bytes: Buffer) => {
    const sooner = Buffer.from(bytes.toString('latin1').replace(/^retry: \d+$/m, 'retry: 3'), 'latin1');
    // What comes behind the cut is lost.
    if (left > 0) outgoing.write(sooner.subarray(0, left));
    left -= sooner.length;
    // What was written is on its way first.
    if (left <= 0) setImmediate(() => outgoing.destroy());
  });
  answer.on('end', () => outgoing.end());
  answer.on('error', () => outgoing.destroy());
}
