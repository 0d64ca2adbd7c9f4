import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** One address for all replicas: each connection goes to the next one in turn that takes it. It knows no HTTP and asks
 *  nobody about their health, so a frozen replica gets its share, as behind many a real balancer between two of its
 *  probes. */
export class Balancer {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((client) => this.accept(client));
  private turn = 0;

  private constructor(private readonly ports: readonly number[]) {}

  static async start(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    return balancer;
  }

  get origin(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The balancer is not listening.');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private accept(client: Socket): void {
    this.keep(client);
    this.turn = (this.turn + 1) % this.ports.length;
    this.forward(client, [...this.ports.slice(this.turn), ...this.ports.slice(0, this.turn)]);
  }

  private forward(client: Socket, [port, ...others]: readonly number[]): void {
    if (client.destroyed) return;
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    const replica = connect({ port, host: '127.0.0.1', noDelay: true });
    const refused = () => this.forward(client, others);
    replica.once('error', refused);
    replica.once('connect', () => {
      replica.off('error', refused);
      this.join(client, replica);
    });
  }

  /** What ends in good order is passed on so; what breaks on one side breaks on the other. */
  private join(client: Socket, replica: Socket): void {
    this.keep(replica);
    client.pipe(replica);
    replica.pipe(client);
    client.once('close', () => replica.destroy());
    replica.once('close', (broken) => {
      if (broken) client.resetAndDestroy();
    });
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => this.sockets.delete(socket));
  }
}
