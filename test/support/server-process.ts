import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from './within.js';

/** Reads the id of the process that lives, line by line, as it changes. Its input ends when the one who writes it is
 *  gone, even by SIGKILL; then it ends that process and removes the folder. A process that was frozen is woken for its
 *  end. */
const GUARD = `
lives() {
  # Where nobody takes note of its end, an ended process stays on the list as a zombie.
  if [ -d /proc/self ]; then grep -q '^State:[[:space:]]*[^XZ[:space:]]' "/proc/$1/status"; else kill -s 0 "$1"; fi
}
while read -r line; do living=$line; done
if [ -n "$living" ]; then
  kill -s CONT "$living"
  kill -s "$1" "$living"
  turns=0
  while lives "$living" && [ $turns -lt 200 ]; do sleep 0.05; turns=$((turns + 1)); done
fi
rm -rf "$2"`;

/** Milliseconds until a server that says nothing counts as broken. */
const PATIENCE = 20_000;

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ServerProcessOptions {
  readonly name: string;
  /** What ends the server at once and without leaving anything behind. */
  readonly lastSignal: 'KILL' | 'QUIT';
  /** Who runs the server and owns its folder, when it is not we. */
  readonly user?: ServerUser | undefined;
}

/** A server in a temporary folder of its own. Neither outlives this process, and neither keeps it alive. */
export class ServerProcess {
  /** What its environment must have for it to run. */
  environment: Readonly<Record<string, string>> = {};
  private child: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    private readonly options: ServerProcessOptions,
    private readonly guard: ChildProcess,
  ) {}

  static prepare(options: ServerProcessOptions): ServerProcess {
    const directory = mkdtempSync(join(tmpdir(), `${options.name}-of-tests-`));
    if (options.user !== undefined) chownSync(directory, options.user.uid, options.user.gid);
    // A session of its own, so that Ctrl-C in a terminal does not end the guard before its time.
    const guard = spawn('sh', ['-c', GUARD, 'guard', options.lastSignal, directory], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    guard.unref();
    guard.stdin.on('error', () => {});
    if (guard.stdin instanceof Socket) guard.stdin.unref();
    return new ServerProcess(directory, options, guard);
  }

  get runs(): boolean {
    return this.child !== undefined && isAlive(this.child);
  }

  /** The process's id; throws when it does not run. */
  get pid(): number {
    const { name } = this.options;
    const pid = this.runs ? this.child?.pid : undefined;
    if (pid === undefined) throw new Error(`${name} does not run.`);
    return pid;
  }

  /** Starts the program, and resolves when `isReady` says so. Throws with the end of the server's log when it never
   *  does. */
  async start(program: string, args: readonly string[], isReady: () => boolean | Promise<boolean>): Promise<void> {
    if (this.runs) throw new Error(`${this.options.name} runs already.`);
    this.child = this.spawn(program, args);
    const end = performance.now() + PATIENCE;
    for (;;) {
      const ready = this.runs && (await isReady());
      if (!this.runs || performance.now() > end) throw new Error(this.failure(program, args));
      if (ready) return;
      await delay(10);
    }
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Resolves when the process has ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || !this.runs) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill(signal);
    // A frozen one hears the signal when it goes on.
    child.kill('SIGCONT');
    await within(PATIENCE, ended);
  }

  /** Ends the server, whatever its state, and removes its folder. */
  async close(): Promise<void> {
    if (!isAlive(this.guard)) return;
    this.guard.ref();
    const ended = once(this.guard, 'exit');
    this.guard.stdin?.end();
    await ended;
  }

  /** Runs a program to its end in the server's folder, as the server's user. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const child = this.spawnLogged(program, args);
    const [code]: unknown[] = await once(child, 'exit');
    if (code !== 0) throw new Error(this.failure(program, args));
  }

  private spawn(program: string, args: readonly string[]): ChildProcess {
    const child = this.spawnLogged(program, args);
    child.on('error', () => {});
    if (child.pid === undefined) throw new Error(`${program} cannot be run.`);
    child.unref();
    child.once('exit', () => this.tellGuard(''));
    this.tellGuard(`${child.pid}`);
    return child;
  }

  private spawnLogged(program: string, args: readonly string[]): ChildProcess {
    const log = openSync(this.logPath, 'a');
    try {
      return spawn(program, args, {
        ...this.options.user,
        cwd: this.directory,
        // Nothing else: a PGPORT or a locale of the one who tests would change what is tested.
        env: { PATH: process.env.PATH, LC_ALL: 'C', ...this.environment },
        stdio: ['ignore', log, log],
        detached: true,
      });
    } finally {
      closeSync(log);
    }
  }

  private tellGuard(living: string): void {
    if (this.guard.stdin?.writable === true) this.guard.stdin.write(`${living}\n`);
  }

  private get logPath(): string {
    return join(this.directory, 'server.log');
  }

  private failure(program: string, args: readonly string[]): string {
    const end = readFileSync(this.logPath, 'utf8').split('\n').slice(-20).join('\n');
    return `${this.options.name} did not start.\n${program} ${args.join(' ')}\n${end}`;
  }
}

function isAlive({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}
