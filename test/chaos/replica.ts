import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ReplicaLife } from './history.js';

export interface ReplicaOptions {
  readonly name: string;
  readonly port: number;
  /** Without the prefix. */
  readonly settings: Readonly<Record<string, string>>;
  /** Takes what it writes, start after start. */
  readonly logPath: string;
}

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const READY_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 50;
/** The grace, the 5 s that answers have to reach their clients, and what a busy machine adds. */
const STOP_WITHIN_MS = 15_000;

/** One process of the service, on a port of its own. Starts and ends as often as it is told to. */
export class Replica {
  readonly lives: ReplicaLife[] = [];
  private process: ChildProcess | undefined;
  private life: ReplicaLife | undefined;
  private awaitedEnd: ReplicaLife['end'];
  private startTook = 0;

  constructor(readonly options: ReplicaOptions) {}

  /** Since when it could work without a break; undefined while it cannot. */
  get upSince(): number | undefined {
    return this.life !== undefined && this.life.drainsFrom === undefined ? this.life.from : undefined;
  }

  /** Up for as long as its start took, or longer. On a slow machine, one that is struck sooner would do nothing but
   *  start. */
  get isRested(): boolean {
    return this.upSince !== undefined && Date.now() - this.upSince >= this.startTook;
  }

  /** Resolves when it is ready. A process that ends before (its store may be away) is started again. */
  async start(): Promise<void> {
    const startedAt = Date.now();
    const deadline = startedAt + READY_WITHIN_MS;
    while (this.life === undefined) {
      if (Date.now() > deadline) throw new Error(`${this.options.name} was not ready in ${READY_WITHIN_MS} ms.`);
      if (this.process === undefined) this.spawn();
      if (await this.isReady()) this.begin();
      else await delay(LOOK_AGAIN_MS);
    }
    this.startTook = Date.now() - startedAt;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.endBy('SIGKILL', 'kill');
  }

  /** It does not run, and its connections stay; resolves when it runs again. */
  async freeze(milliseconds: number): Promise<void> {
    this.process?.kill('SIGSTOP');
    this.close('freeze');
    await delay(milliseconds);
    this.process?.kill('SIGCONT');
    this.begin();
  }

  /** SIGTERM; resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.life !== undefined) this.life.drainsFrom = Date.now();
    const stuck = setTimeout(() => {
      this.awaitedEnd = 'stuck';
      this.process?.kill('SIGKILL');
    }, STOP_WITHIN_MS);
    await this.endBy('SIGTERM', 'stop');
    clearTimeout(stuck);
  }

  /** Without waiting for anything: for the end of this process. */
  abandon(): void {
    this.process?.kill('SIGKILL');
  }

  private async endBy(signal: NodeJS.Signals, end: ReplicaLife['end']): Promise<void> {
    if (this.process === undefined) return;
    this.awaitedEnd = end;
    const gone = once(this.process, 'exit');
    this.process.kill(signal);
    await gone;
  }

  private spawn(): void {
    const { name, port, settings, logPath } = this.options;
    const log = openSync(logPath, 'a');
    const all = { ...settings, PORT: String(port), HOST: '127.0.0.1', VERSION: name };
    const env = Object.fromEntries(Object.entries(all).map(([key, value]) => [`AGENT_RUNTIME__${key}`, value]));
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
      // A folder without a .env: the settings are these and no others.
      cwd: '/',
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.awaitedEnd = 'crash';
    this.process = child;
    child.once('exit', (code) => {
      this.process = undefined;
      this.close(this.awaitedEnd, code ?? undefined);
    });
  }

  private async isReady(): Promise<boolean> {
    try {
      const url = `http://127.0.0.1:${this.options.port}/health/ready`;
      const { status } = await fetch(url, { signal: AbortSignal.timeout(1000), headers: { Connection: 'close' } });
      return status === 200;
    } catch {
      return false;
    }
  }

  private begin(): void {
    if (this.process === undefined) return;
    this.life = {
      replica: this.options.name,
      from: Date.now(),
      drainsFrom: undefined,
      to: undefined,
      end: undefined,
      exitCode: undefined,
    };
    this.lives.push(this.life);
  }

  private close(end: ReplicaLife['end'], exitCode?: number): void {
    if (this.life === undefined) return;
    Object.assign(this.life, { to: Date.now(), end, exitCode });
    this.life = undefined;
  }
}
