import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { INTERNAL_KEY } from './runtime-server.js';

/** What stands between a browser and the service: it serves a page, adds the key that a browser must not know, and cuts
 *  the first stream after some bytes, as networks do. */
export class KeyAddingProxy {
  /** What each request for a stream asked to go on behind. */
  readonly cursors: (string | undefined)[] = [];
  private readonly server: Server;

  constructor(
    private readonly target: string,
    private readonly page: string,
    private readonly cutAfterBytes: number,
  ) {
    this.server = createServer((incoming, outgoing) => this.serve(incoming, outgoing));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (incoming.url === '/') outgoing.setHeader('Content-Type', 'text/html').end(this.page);
    else this.pass(incoming, outgoing);
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const cut =
      incoming.url?.endsWith('/stream') === true && incoming.method === 'GET' && this.noteCursor(incoming) === 1;
    const headers = { ...incoming.headers, 'X-Internal-Auth': INTERNAL_KEY };
    const onward = request(this.target + incoming.url, { method: incoming.method ?? 'GET', headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (cut) passSome(this.cutAfterBytes, answer, outgoing);
      else answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  private noteCursor(incoming: IncomingMessage): number {
    return this.cursors.push(incoming.headers['last-event-id']?.toString());
  }
}

/** As many bytes pass, in whatever pieces they come. They arrive, and then the connection ends in mid-answer. */
function passSome(bytes: number, answer: IncomingMessage, outgoing: ServerResponse): void {
  let left = bytes;
  answer.on('data', (piece: Buffer) => {
    if (left <= 0) return;
    outgoing.write(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) outgoing.socket?.destroySoon();
  });
}
