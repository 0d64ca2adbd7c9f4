import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { INTERNAL_KEY, RuntimeClient } from './runtime-server.js';
import { serviceProgram } from './service-bundle.js';

export interface ServiceProcessOptions {
  /** For Node itself. */
  readonly execArgv?: readonly string[];
  /** More of the environment, under the names that it has there. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether something that is loaded with it can be asked. */
  readonly hasChannel?: boolean;
}

/** The service as a process of its own, to be killed, and a client of it. */
export class ServiceProcess extends RuntimeClient {
  private constructor(
    readonly origin: string,
    private readonly child: ChildProcess,
  ) {
    super();
  }

  /** `settings` are named as in the environment, without the prefix. Rejects with what it printed when it does not
   *  start. */
  static async start(
    folder: string,
    settings: Readonly<Record<string, string>>,
    { execArgv = [], hasChannel = false, environment = {} }: ServiceProcessOptions = {},
  ): Promise<ServiceProcess> {
    const own = { PORT: '0', HOST: '127.0.0.1', INTERNAL_API_KEY: INTERNAL_KEY, ...settings };
    const env = Object.fromEntries(Object.entries(own).map(([name, value]) => [`AGENT_RUNTIME__${name}`, value]));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...execArgv, serviceProgram()], {
      cwd: folder,
      env: { ...env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
    });
    return new ServiceProcess(await listening(child), child);
  }

  /** Whether it has not ended. */
  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Throws when it never began. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('The service did not start.');
    return this.child.pid;
  }

  /** The answer of what was loaded into it. One question at a time. Rejects when it ends before it has answered. */
  async ask(question: string): Promise<unknown> {
    const ended = new AbortController();
    const leave = () => ended.abort();
    this.child.once('exit', leave);
    try {
      const answer = once(this.child, 'message', { signal: ended.signal });
      this.child.send(question);
      return (await answer)[0];
    } finally {
      this.child.off('exit', leave);
    }
  }

  /** For what does not end it: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when it is gone, with its exit code; undefined when a signal ended it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | undefined> {
    if (!this.runs) return this.child.exitCode ?? undefined;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
    return this.child.exitCode ?? undefined;
  }
}

/** The address from the line that tells it. */
async function listening(child: ChildProcess): Promise<string> {
  let output = '';
  let isListening = false;
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => {
        // What it says later is for nobody, and a process may live long.
        if (isListening) return;
        output += piece;
        const [, origin] = /listening.*url"?[=:]"?(http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? [];
        if (origin === undefined) return;
        isListening = true;
        resolve(origin);
      });
    }
    child.once('close', () => reject(new Error(output)));
  });
}
