import cluster, { type Worker } from 'node:cluster';
import { countForWorkers } from '../../adapters/inbound/http/rate-limit.js';
import type { Logger } from '../../application/ports/logger.js';
import { answerForMetrics } from '../metrics/metrics-of-all.js';
import { RestartWaits } from './restart-waits.js';

const LISTENING = 'agent-runtime:listening';

/** In a worker. */
export function tellListening(): void {
  process.send?.(LISTENING);
}

export interface SupervisorOptions {
  readonly workers: number;
  readonly log: Logger;
  /** For the workers, besides this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Is told when all workers listen for the first time. */
  readonly listening: () => void;
  readonly exit: (code: number) => void;
}

/** The first process of several: it starts the workers, each a replica like any other, and starts another one for each
 *  that dies. It serves nobody itself. */
export class Supervisor {
  private readonly workers = new Map<Worker, number>();
  private readonly waits = new RestartWaits();
  private listeners = 0;
  private exitCode: number | undefined;

  constructor(private readonly options: SupervisorOptions) {}

  start(): void {
    answerForMetrics();
    countForWorkers();
    cluster.on('message', (_worker, message) => {
      if (message === LISTENING) this.listened();
    });
    cluster.on('exit', (worker, code, signal) => this.exited(worker, code, signal));
    for (let index = 0; index < this.options.workers; index += 1) this.fork();
  }

  /** Every worker shuts down; the process ends with the last of them. */
  end(exitCode: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = exitCode;
    for (const worker of this.workers.keys()) worker.process.kill('SIGTERM');
    this.exitWithTheLast();
  }

  private fork(): void {
    this.workers.set(cluster.fork(this.options.environment), performance.now());
  }

  private listened(): void {
    this.listeners += 1;
    if (this.listeners === this.options.workers) this.options.listening();
  }

  private exited(worker: Worker, code: number | null, signal: string | null): void {
    const lived = performance.now() - (this.workers.get(worker) ?? 0);
    this.workers.delete(worker);
    if (this.exitCode !== undefined) {
      this.exitCode ||= code ?? 1;
      this.exitWithTheLast();
    } else if (this.listeners < this.options.workers) {
      // What keeps one from its start keeps all: it has said why.
      this.end(code || 1);
    } else this.restart(worker, lived, { code, signal });
  }

  private restart(
    { id }: Worker,
    lived: number,
    how: { readonly code: number | null; readonly signal: string | null },
  ): void {
    const wait = this.waits.after(lived);
    this.options.log.error('a worker has died; another one is started', { worker: id, ...how, waitMilliseconds: wait });
    setTimeout(() => {
      if (this.exitCode === undefined) this.fork();
    }, wait);
  }

  private exitWithTheLast(): void {
    if (this.workers.size === 0 && this.exitCode !== undefined) this.options.exit(this.exitCode);
  }
}
