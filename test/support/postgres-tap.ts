import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;

/** A way to a PostgreSQL server that hears what is asked of it: each statement that is executed is one round trip. */
export class PostgresTap {
  /** The texts of all statements, in the order in which they went through. */
  readonly statements: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
      const hearing = new Hearing(this.statements);
      client.on('data', (bytes) => hearing.hear(bytes));
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) {
        this.sockets.add(socket);
        socket.on('error', () => {});
      }
    });
  }

  static async start(targetPort: number): Promise<PostgresTap> {
    const tap = new PostgresTap(targetPort);
    tap.server.listen(0, '127.0.0.1').unref();
    await once(tap.server, 'listening');
    return tap;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The tap is closed.');
    return address.port;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** What one client says, message by message. */
class Hearing {
  private rest: Buffer = Buffer.alloc(0);
  private hasBegun = false;
  /** By name. */
  private readonly prepared = new Map<string, string>();
  private bound = '';

  constructor(private readonly statements: string[]) {}

  hear(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      // The first message has no type.
      const header = this.hasBegun ? TYPE_BYTES : 0;
      if (this.rest.length < header + LENGTH_BYTES) return;
      const end = header + this.rest.readUInt32BE(header);
      if (this.rest.length < end) return;
      if (this.hasBegun) this.take(this.rest.toString('latin1', 0, 1), this.rest.subarray(header + LENGTH_BYTES, end));
      this.hasBegun = true;
      this.rest = this.rest.subarray(end);
    }
  }

  private take(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('utf8').split('\0');
    if (type === 'P') this.prepared.set(first, second);
    if (type === 'B') this.bound = this.prepared.get(second) ?? '';
    if (type === 'E') this.statements.push(this.bound);
    if (type === 'Q') this.statements.push(first);
  }
}
