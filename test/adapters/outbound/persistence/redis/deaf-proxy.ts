import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network that forgets connections without a word, as one behind a firewall may: on those that are open nothing
 *  comes any more, in either direction and for ever, while new ones work. */
export class DeafProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(targetPort: number): Promise<DeafProxy> {
    const server = createServer();
    const proxy = new DeafProxy(server);
    server.on('connection', (client) => {
      const target = connect(targetPort, '127.0.0.1');
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) proxy.sockets.add(socket.on('error', () => {}).unref());
    });
    server.listen(0, '127.0.0.1').unref();
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed.');
    return address.port;
  }

  forgetConnections(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
