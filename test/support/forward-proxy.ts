import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a company puts between its machines and the internet. Whatever name it is asked for, it asks this machine. */
export class ForwardProxy {
  /** The first lines of what it was asked, in order. */
  readonly asked: string[] = [];
  readonly credentials: (string | undefined)[] = [];
  /** Instead of passing anything on. */
  refusal: number | undefined;
  /** It takes tunnels and never answers. */
  silent = false;
  private readonly server: Server = createServer((incoming, outgoing) => this.pass(incoming, outgoing));
  private readonly sockets = new Set<Socket>();
  private readonly tunnels: PromiseWithResolvers<Duplex> = Promise.withResolvers();

  async start(): Promise<string> {
    this.server.on('connect', (request: IncomingMessage, client: Duplex) => this.tunnel(request, client));
    this.server.on('connection', (socket) => this.sockets.add(socket.on('error', () => {})));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The connection of the first tunnel that was asked for. */
  firstTunnel(): Promise<Duplex> {
    return this.tunnels.promise;
  }

  private note({ method, url, headers }: IncomingMessage): URL {
    this.asked.push(`${method} ${url}`);
    this.credentials.push(headers['proxy-authorization']);
    return new URL(method === 'CONNECT' ? `http://${url}` : (url ?? ''));
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { port, pathname } = this.note(incoming);
    const { method, headers } = incoming;
    if (this.refusal !== undefined) {
      outgoing.writeHead(this.refusal).end('no');
      return;
    }
    const onward = httpRequest({ host: '127.0.0.1', port, path: pathname, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }

  private tunnel(request: IncomingMessage, client: Duplex): void {
    const { port } = this.note(request);
    this.tunnels.resolve(client);
    client.on('error', () => {});
    if (this.silent) return;
    if (this.refusal !== undefined) {
      client.end(`HTTP/1.1 ${this.refusal} No\r\nContent-Length: 2\r\n\r\nno`);
      return;
    }
    const onward = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
    this.sockets.add(onward.on('error', () => client.destroy()));
  }
}
