import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';
import { type SoughtProgram, type SystemProgram, systemProgram } from './system-program.js';

export interface RedisServerOptions {
  /** More options for `redis-server`, as on its command line. */
  readonly args?: readonly string[];
}

const REDIS: SoughtProgram = {
  programs: ['redis-server', 'valkey-server'],
  packages: ['redis-server', 'valkey-server'],
  howToGetIt:
    'There is no Redis to test with, and none could be fetched: install one (Debian: apt-get install redis-server, ' +
    'macOS: brew install redis), or set REDIS_URL to a server that tests may write to.',
};

const SLOTS = 16384;

/** A real Redis on loopback. It keeps everything it has answered for in its append-only file, and evicts nothing. */
export class RedisServer {
  private static sharedServer: Promise<{ readonly url: string }> | undefined;

  private constructor(
    readonly port: number,
    private readonly program: SystemProgram,
    private readonly daemon: ServerProcess,
    private readonly args: readonly string[],
  ) {}

  /** This machine's, or one that is fetched. Rejects with how to get one. */
  static program(): Promise<SystemProgram> {
    return systemProgram(REDIS);
  }

  /** The one that all tests may use at once: the one at REDIS_URL, or our own, which ends with this process. */
  static shared(): Promise<{ readonly url: string }> {
    const { REDIS_URL: url = '' } = process.env;
    RedisServer.sharedServer ??= url === '' ? RedisServer.start() : Promise.resolve({ url });
    return RedisServer.sharedServer;
  }

  /** One for a test that hurts it. */
  static async start({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const program = await RedisServer.program();
    const daemon = ServerProcess.prepare({ name: 'redis-server', lastSignal: 'KILL' });
    daemon.environment = program.environment;
    const server = new RedisServer(await freePort(), program, daemon, args);
    try {
      await server.start();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** A cluster of one node that has all slots, so that it refuses what spans two. */
  static async startCluster(): Promise<RedisServer> {
    const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
    const server = await RedisServer.start({ args });
    await server.ask(async (client) => {
      await client.cluster('ADDSLOTS', ...Array.from({ length: SLOTS }, (_, slot) => slot));
      while (!(await client.cluster('INFO')).includes('cluster_state:ok')) await delay(10);
    });
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Again, on the same port and with the same data. Resolves when it has loaded them. */
  async start(): Promise<void> {
    const { directory } = this.daemon;
    const place = ['--bind', '127.0.0.1', '--port', `${this.port}`, '--dir', directory, '--daemonize', 'no'];
    const keeping = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];
    await this.daemon.start(this.program.path, [...place, ...keeping, ...this.args], () => this.answers());
  }

  /** Resolves when the process is gone; the data stay. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.daemon.stop(signal);
  }

  /** It says nothing any more; connections stay, and new ones are still accepted by the system. */
  freeze(): void {
    this.daemon.signal('SIGSTOP');
  }

  thaw(): void {
    this.daemon.signal('SIGCONT');
  }

  /** Ends it for good and removes its data. */
  close(): Promise<void> {
    return this.daemon.close();
  }

  private async answers(): Promise<boolean> {
    try {
      // Connected means that it has loaded its data: the client looks.
      await this.ask((client) => client.ping());
      return true;
    } catch {
      return false;
    }
  }

  private async ask(question: (client: Redis) => Promise<unknown>): Promise<void> {
    const client = new Redis({ host: '127.0.0.1', port: this.port, lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => {});
    try {
      await client.connect();
      await question(client);
    } finally {
      client.disconnect();
    }
  }
}
