import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network that breaks: of each connection's answers so many bytes arrive, as `limitOf` says for the next one, and
 *  then it is gone. */
export class ByteCuttingProxy {
  /** How often it has cut. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
    private readonly limitOf: () => number,
  ) {
    server.on('connection', (client) => this.carry(client));
  }

  static async start(target: string, limitOf: () => number): Promise<ByteCuttingProxy> {
    const proxy = new ByteCuttingProxy(createServer({ noDelay: true }), Number(new URL(target).port), limitOf);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get origin(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private carry(client: Socket): void {
    const server = connect({ port: this.targetPort, host: '127.0.0.1', noDelay: true });
    let left = this.limitOf();
    client.pipe(server);
    server.on('data', (bytes) => {
      if (left > 0) client.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left > 0 || client.destroyed) return;
      this.cuts += 1;
      client.destroySoon();
      server.destroy();
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('end', () => other.end());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroySoon();
      });
    }
  }
}
