import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';
import { type SoughtProgram, systemProgram } from './system-program.js';

const NGINX: SoughtProgram = {
  programs: ['nginx'],
  packages: ['nginx'],
  howToGetIt: 'The tests of the balancer need nginx, which could be neither found nor fetched: install it.',
};

/** A balancer of its own, on a free port. */
export class NginxServer {
  private constructor(
    readonly origin: string,
    private readonly daemon: ServerProcess,
  ) {}

  /** `config` is a whole file in which `8001` is where it listens; `replicas` stand for the names in it. */
  static async start(config: string, replicas: Readonly<Record<string, string>>): Promise<NginxServer> {
    const program = await systemProgram(NGINX);
    const port = await freePort();
    const daemon = ServerProcess.prepare({ name: 'nginx', lastSignal: 'QUIT' });
    daemon.environment = program.environment;
    const file = join(daemon.directory, 'nginx.conf');
    const own = withAddresses(config, replicas).replace('listen 8001', `listen 127.0.0.1:${port}`);
    writeFileSync(
      file,
      places(daemon.directory) + own.replace('http {', `http {\n${temporaryPlaces(daemon.directory)}`),
    );
    const args = ['-c', file, '-p', daemon.directory, '-e', 'stderr', '-g', 'daemon off;'];
    await daemon.start(program.path, args, () => answers(port));
    return new NginxServer(`http://127.0.0.1:${port}`, daemon);
  }

  async close(): Promise<void> {
    await this.daemon.stop('SIGTERM');
    await this.daemon.close();
  }
}

/** An address needs nobody to resolve it, and nginx before 1.27.3 does not know the word. */
function withAddresses(config: string, replicas: Readonly<Record<string, string>>): string {
  const named = Object.entries(replicas).reduce((text, [name, address]) => text.replaceAll(name, address), config);
  return named.replace(/ resolve\b/g, '');
}

function places(folder: string): string {
  return `pid ${folder}/nginx.pid;\n`;
}

function temporaryPlaces(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [...kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`), 'access_log off;'].join('\n');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
