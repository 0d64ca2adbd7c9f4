import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childProcesses } from './child-processes.js';
import { freePort } from './free-port.js';
import { postgresProgram } from './postgres-binaries.js';
import { ServerProcess, type ServerUser } from './server-process.js';
import type { SystemProgram, UnpackedProgram } from './system-program.js';

export interface PostgresServerOptions {
  /** As in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The server, when it shall not be the one that is found. */
  readonly program?: UnpackedProgram | undefined;
}

/** `fast` ends every session and writes what is in memory; `immediate` is a crash that the next start recovers from. */
export type PostgresStop = 'fast' | 'immediate';

const STOP_SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** A real PostgreSQL on loopback, whose superuser `postgres` needs no password. */
export class PostgresServer {
  private static sharedServer: Promise<{ readonly url: string }> | undefined;

  private constructor(
    readonly port: number,
    private readonly daemon: ServerProcess,
    private readonly folder: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /** The one that all tests may use at once: the one at DATABASE_URL, or our own, which ends with this process. */
  static shared(): Promise<{ readonly url: string }> {
    const { DATABASE_URL: url = '' } = process.env;
    // Nobody turns this machine off to see whether the shared one has kept its word, so it need not wait for the disk.
    const settings = { fsync: 'off', full_page_writes: 'off' };
    PostgresServer.sharedServer ??= url === '' ? PostgresServer.start({ settings }) : Promise.resolve({ url });
    return PostgresServer.sharedServer;
  }

  /** One for a test that hurts it. */
  static async start({ settings = {}, program }: PostgresServerOptions = {}): Promise<PostgresServer> {
    const found = program ?? (await postgresProgram());
    const user = unprivilegedUser();
    const daemon = ServerProcess.prepare({ name: 'postgres', lastSignal: 'QUIT', user });
    try {
      const { path, environment } = reachable(found, user, daemon.directory);
      daemon.environment = environment;
      const server = new PostgresServer(await freePort(), daemon, dirname(path), settings);
      await server.initialise();
      await server.start();
      return server;
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Again, on the same port and with the same data. Resolves when it takes queries. */
  async start(): Promise<void> {
    const settings = Object.entries({
      listen_addresses: '127.0.0.1',
      port: `${this.port}`,
      unix_socket_directories: '',
      ...this.settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await this.daemon.start(this.program('postgres'), ['-D', this.data, ...settings], () => this.isReady());
  }

  /** Resolves when its processes are gone; the data stay. */
  async stop(mode: PostgresStop = 'fast'): Promise<void> {
    const stopped = this.daemon.stop(STOP_SIGNALS[mode]);
    this.thaw();
    await stopped;
  }

  async restart(mode: PostgresStop = 'fast'): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** It says nothing any more; connections stay, and new ones are still accepted by the system. */
  freeze(): void {
    // The first process begins the others, so it stops before they are counted.
    this.daemon.signal('SIGSTOP');
    this.signalSessions('SIGSTOP');
  }

  thaw(): void {
    if (!this.daemon.runs) return;
    this.signalSessions('SIGCONT');
    this.daemon.signal('SIGCONT');
  }

  /** Ends it for good and removes its data. */
  close(): Promise<void> {
    this.thaw();
    return this.daemon.close();
  }

  private async initialise(): Promise<void> {
    const kind = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    await this.daemon.run(this.program('initdb'), ['--no-sync', ...kind, '-D', this.data]);
  }

  /** As pg_ctl knows it: the server writes its state into the eighth line of a file that begins with its process's
   *  id. */
  private isReady(): boolean {
    const path = join(this.data, 'postmaster.pid');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    return lines[0] === `${this.daemon.pid}` && lines[7]?.trim() === 'ready';
  }

  /** Its other processes, for sessions and for its own work. Each is in a group of its own, so they are found by
   *  parent. */
  private signalSessions(signal: NodeJS.Signals): void {
    for (const pid of childProcesses(this.daemon.pid)) signalIfAlive(pid, signal);
  }

  private get data(): string {
    return join(this.daemon.directory, 'data');
  }

  private program(name: string): string {
    return join(this.folder, name);
  }
}

/** PostgreSQL refuses to run as root. Debian's package brings a user for it; where there is none, `nobody` does as
 *  well. */
function unprivilegedUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const name = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
  const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, name], { encoding: 'utf8' })));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** What npm brought or was fetched lies below this project, where another user may not be let in. Then a copy
 *  serves. */
function reachable(program: UnpackedProgram, user: ServerUser | undefined, directory: string): SystemProgram {
  const { path, tree, environment } = program;
  if (spawnSync('test', ['-x', path], { ...user, cwd: directory }).status === 0) return program;
  const copy = join(directory, 'postgres');
  cpSync(tree, copy, { recursive: true, verbatimSymlinks: true });
  const moved = Object.entries(environment).map(([name, value]) => [name, value.replaceAll(tree, copy)] as const);
  return { path: path.replace(tree, copy), environment: Object.fromEntries(moved) };
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // A session may end while the processes are listed.
  }
}
