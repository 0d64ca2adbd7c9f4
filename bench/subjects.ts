import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PostgresServer } from '../test/support/postgres-server.js';
import { RedisServer } from '../test/support/redis-server.js';
import { ServiceProcess } from '../test/support/service-process.js';

/** What is measured: a process that answers messages. */
export interface Subject {
  readonly origin: string;
  readonly pid: number;
  /** Whether its answers are our frames, to be held against what the model said. */
  readonly speaksFrames: boolean;
  /** Whether the history is the client's to send. */
  readonly keepsNothing: boolean;
  /** Where a peer listens; it is sent what OpenAI's clients send. */
  readonly path?: string;
  /** What it wants to be told with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes that it holds after a garbage collection; undefined where it cannot be asked. */
  heap(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** `folder` is for its files. */
export type NewSubject = (upstreamUrl: string, folder: string) => Promise<Subject>;

const SELF_REPORT = new URL('../test/soak/self-report.js', import.meta.url).href;

/** By the names that --subjects takes. */
export const SUBJECTS: Readonly<Record<string, NewSubject>> = {
  raw: (url) => script('raw-relay.js', url, true),
  pipe: (url) => script('byte-pipe.js', url, false),
  memory: (url, folder) => service(url, folder, { STORE_URL: 'memory:' }),
  sqlite: async (url, folder) => {
    const path = join(folder, `${randomUUID()}.db`);
    const subject = await service(url, folder, { STORE_URL: `sqlite:${path}` });
    return { ...subject, stop: () => subject.stop().then(() => rm(path, { force: true })) };
  },
  redis: async (url, folder) =>
    service(url, folder, { STORE_URL: (await RedisServer.shared()).url, REDIS_PREFIX: randomUUID() }),
  postgres: async (url, folder) =>
    service(url, folder, {
      STORE_URL: (await PostgresServer.shared()).url,
      POSTGRES_SCHEMA: `bench_${randomUUID().replaceAll('-', '')}`,
    }),
};

async function script(file: string, url: string, speaksFrames: boolean): Promise<Subject> {
  const { child, origin } = await forked(ownFile(file), [url]);
  const pid = child.pid ?? 0;
  return { origin, pid, speaksFrames, keepsNothing: true, heap: async () => undefined, stop: () => ended(child) };
}

async function service(url: string, folder: string, store: Readonly<Record<string, string>>): Promise<Subject> {
  const settings = {
    ...store,
    LLM_MODE: 'vllm',
    VLLM_BASE_URL: `${url}/v1`,
    LOG_LEVEL: 'info',
    MAX_RUNS: '100000',
    MAX_SESSIONS: '1000000',
    MAX_CONNECTIONS: '100000',
  };
  const execArgv = ['--expose-gc', '--import', SELF_REPORT];
  const environment = { NODE_ENV: 'production' };
  const process = await ServiceProcess.start(folder, settings, { execArgv, hasChannel: true, environment });
  return {
    origin: process.origin,
    pid: process.pid,
    speaksFrames: true,
    keepsNothing: false,
    heap: async () => heapOf(await process.ask('what do you hold?')),
    stop: async () => void (await process.kill('SIGKILL')),
  };
}

function heapOf(report: unknown): number | undefined {
  if (typeof report !== 'object' || report === null || !('heapUsed' in report) || !('external' in report))
    return undefined;
  return Number(report.heapUsed) + Number(report.external);
}

/** A file of this folder, compiled. */
export function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A process that runs this file, at the address that it tells. */
export async function forked(
  path: string,
  args: readonly string[] = [],
): Promise<{ child: ChildProcess; origin: string }> {
  const child = fork(path, [...args], { execArgv: [] });
  const [port] = await once(child, 'message');
  return { child, origin: `http://127.0.0.1:${port}` };
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
