import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';

export type StoreKind = 'redis' | 'postgres' | 'sqlite' | 'memory';

/** A way for the store to go away; resolves when it is back. */
export interface StoreRestart {
  readonly name: string;
  readonly restart: () => Promise<void>;
}

/** The store of one trial, empty at first. */
export interface StoreUnderTest {
  /** AGENT_RUNTIME__STORE_URL. */
  readonly url: string;
  readonly restarts: readonly StoreRestart[];
  /** Whether several processes may use it at once. */
  readonly isShared: boolean;
  /** Whether it outlives them. */
  readonly isDurable: boolean;
  close(): Promise<void>;
}

/** Rejects with how to get one where this machine has no server for it. */
export async function openStore(kind: StoreKind): Promise<StoreUnderTest> {
  switch (kind) {
    case 'memory':
      return { url: 'memory:', restarts: [], isShared: false, isDurable: false, close: async () => {} };
    case 'sqlite':
      return openSqlite();
    case 'redis':
      return openRedis();
    case 'postgres':
      return openPostgres();
  }
}

/** Long enough to be noticed, and shorter than a lease. */
const AWAY_MS = 2000;

async function openRedis(): Promise<StoreUnderTest> {
  // It may be killed at any time, and what it has answered for must be there again.
  const server = await RedisServer.start({ args: ['--appendfsync', 'always'] });
  const restart = async (signal: NodeJS.Signals, away: number) => {
    await server.stop(signal);
    await delay(away);
    await server.start();
  };
  return {
    url: server.url,
    restarts: [
      { name: 'SIGTERM redis', restart: () => restart('SIGTERM', 0) },
      { name: 'kill -9 redis', restart: () => restart('SIGKILL', 0) },
      { name: `kill -9 redis, away for ${AWAY_MS} ms`, restart: () => restart('SIGKILL', AWAY_MS) },
    ],
    isShared: true,
    isDurable: true,
    close: () => server.close(),
  };
}

async function openPostgres(): Promise<StoreUnderTest> {
  const server = await PostgresServer.start();
  return {
    url: server.url,
    restarts: [
      { name: 'restart postgres, fast', restart: () => server.restart('fast') },
      { name: 'restart postgres, immediate', restart: () => server.restart('immediate') },
    ],
    isShared: true,
    isDurable: true,
    close: () => server.close(),
  };
}

async function openSqlite(): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-chaos-sqlite-'));
  return {
    url: `sqlite:${join(folder, 'store.db')}`,
    restarts: [],
    isShared: false,
    isDurable: true,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
