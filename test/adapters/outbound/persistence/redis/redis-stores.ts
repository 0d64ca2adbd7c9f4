import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisStore } from '../../../../../src/adapters/outbound/persistence/redis/redis-store.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { FixedClock } from '../../../../support/fixed-clock.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';

export interface OpenOptions {
  readonly leaseMilliseconds?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: MemoryLogger;
}

/** Stores over one set of data: each stands for a process. */
export class RedisStores {
  readonly prefix = `test:${randomUUID()}`;
  private readonly stores: Store[] = [];
  private readonly clients: Redis[] = [];

  constructor(private readonly url: string) {}

  async open({
    leaseMilliseconds = 15_000,
    settings = {},
    log = new MemoryLogger(),
  }: OpenOptions = {}): Promise<Store> {
    const all = { STORE_URL: this.url, REDIS_PREFIX: this.prefix, ...settings };
    const store = await redisStore.open(all, { clock: new FixedClock(), log, leaseMilliseconds });
    this.stores.push(store);
    return store;
  }

  /** A client to look at what is kept, or to harm it. */
  client(url = this.url): Redis {
    const client = new Redis(url);
    client.on('error', () => {});
    this.clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.disconnect();
    await Promise.all(this.stores.splice(0).map((store) => store.close()));
  }
}
