import { memoryStore } from '../../adapters/outbound/persistence/memory/memory-store.js';
import { postgresStore } from '../../adapters/outbound/persistence/postgres/postgres-store.js';
import { redisStore } from '../../adapters/outbound/persistence/redis/redis-store.js';
import { sqliteStore } from '../../adapters/outbound/persistence/sqlite/sqlite-store.js';
import type { StoreKind } from '../../adapters/outbound/persistence/store.js';

/** The legal schemes of AGENT_RUNTIME__STORE_URL. A new store is a folder and one line here. */
export const storeKinds: Readonly<Record<string, StoreKind>> = {
  memory: memoryStore,
  sqlite: sqliteStore,
  redis: redisStore,
  rediss: redisStore,
  postgres: postgresStore,
  postgresql: postgresStore,
};
