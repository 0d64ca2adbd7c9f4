import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A network that cuts each connection behind so many bytes of the server's: `limit` says how many, or undefined for
 *  none. */
export class CuttingProxy {
  cuts = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => this.take(client));

  private constructor(
    private readonly target: URL,
    private readonly limit: () => number | undefined,
  ) {}

  static async start(origin: string, limit: () => number | undefined): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(origin), limit);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get origin(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed.');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  /** Not by a reset: that would take what was written before it along. */
  private cut(client: Socket): void {
    this.cuts += 1;
    client.destroySoon();
  }

  private take(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    let left = this.limit() ?? Number.POSITIVE_INFINITY;
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => [client, server].forEach((one) => void one.destroy()));
    }
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (left <= 0) return;
      const isLast = bytes.length > left;
      client.write(bytes.subarray(0, left), () => isLast && this.cut(client));
      left -= bytes.length;
    });
  }
}
