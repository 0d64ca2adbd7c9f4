import { randomUUID } from 'node:crypto';
import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';

/** The settings of stores for many processes, each with data that nothing else uses. */
export const SHARED_STORES: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
  Redis: async () => ({ STORE_URL: (await RedisServer.shared()).url, REDIS_PREFIX: randomUUID() }),
  Postgres: async () => ({
    STORE_URL: (await PostgresServer.shared()).url,
    POSTGRES_SCHEMA: `fleet_${randomUUID().replaceAll('-', '')}`,
  }),
};
