import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresServer } from '../test/support/postgres-server.js';
import { RedisServer } from '../test/support/redis-server.js';
import { ServiceProcess } from '../test/support/service-process.js';
import { askNatively } from './ask.js';
import type { Subject } from './subject.js';

type Settings = Readonly<Record<string, string>>;

/** An empty store of each kind. `folder` is for its files. */
export const STORES = {
  memory: async () => ({ STORE_URL: 'memory:' }),
  sqlite: async (folder: string) => ({ STORE_URL: `sqlite:${join(folder, 'sessions.db')}` }),
  redis: async () => ({ STORE_URL: (await RedisServer.shared()).url, REDIS_PREFIX: randomUUID() }),
  postgres: async () => ({
    STORE_URL: (await PostgresServer.shared()).url,
    POSTGRES_SCHEMA: `bench_${randomUUID().replaceAll('-', '')}`,
  }),
} as const;

export type StoreName = keyof typeof STORES;

const SELF_REPORT = new URL('../test/soak/self-report.js', import.meta.url).href;

/** This service as it is delivered, with metrics and log, in a process of its own. */
export async function serviceOn(
  store: StoreName,
  upstreamUrl: string,
  folder: string,
  more: Settings = {},
): Promise<Subject> {
  const own = await mkdtemp(join(folder, 'service-'));
  const settings = {
    ...(await STORES[store](own)),
    LLM_MODE: 'vllm',
    VLLM_BASE_URL: `${upstreamUrl}/v1`,
    LOG_LEVEL: 'info',
    MAX_RUNS: '100000',
    MAX_SESSIONS: '1000000',
    MAX_CONNECTIONS: '100000',
    ...more,
  };
  const execArgv = ['--expose-gc', '--import', SELF_REPORT];
  const environment = { NODE_ENV: 'production' };
  const process = await ServiceProcess.start(own, settings, { execArgv, hasChannel: true, environment });
  return {
    origin: process.origin,
    pid: process.pid,
    ask: askNatively,
    speaksFrames: true,
    keepsNothing: false,
    heap: async () => heapOf(await process.ask('what do you hold?')),
    stop: async () => {
      await process.kill('SIGKILL');
      await rm(own, { recursive: true, force: true });
    },
  };
}

function heapOf(report: unknown): number | undefined {
  if (typeof report !== 'object' || report === null || !('heapUsed' in report) || !('external' in report))
    return undefined;
  return Number(report.heapUsed) + Number(report.external);
}
