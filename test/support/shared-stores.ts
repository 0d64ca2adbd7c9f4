import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';

type NewStores = Readonly<Record<string, () => Promise<Record<string, string>>>>;

/** The settings of stores for many processes, each with data that nothing else uses. */
export const SHARED_STORES = {
  Redis: async () => ({ STORE_URL: (await RedisServer.shared()).url, REDIS_PREFIX: randomUUID() }),
  Postgres: async () => ({
    STORE_URL: (await PostgresServer.shared()).url,
    POSTGRES_SCHEMA: `fleet_${randomUUID().replaceAll('-', '')}`,
  }),
} satisfies NewStores;

/** The same of stores for one process. */
export const EMBEDDED_STORES = {
  memory: async () => ({ STORE_URL: 'memory:' }),
  SQLite: async () => ({ STORE_URL: `sqlite:${join(folderOfFiles(), `${randomUUID()}.db`)}` }),
} satisfies NewStores;

let folder: string | undefined;

/** One for all, gone with the process. */
function folderOfFiles(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), 'agent-runtime-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}
