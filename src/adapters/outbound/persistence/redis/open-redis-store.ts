import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import type { Logger } from '../../../../application/ports/logger.js';
import { JournalFeed } from '../journal-feed.js';
import { storeOver } from '../ledger-store.js';
import { StopWatch } from '../stop-watch.js';
import { type Store, type StoreDependencies, StoreNotUsable } from '../store.js';
import { DueSessions } from './due-sessions.js';
import { JournalPages } from './journal-pages.js';
import { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { RedisLedger } from './redis-ledger.js';
import { RedisNews } from './redis-news.js';
import { connectionTo, redisOptions } from './redis-options.js';
import { RedisRunAudience } from './redis-run-audience.js';
import { RedisRunJournal } from './redis-run-journal.js';
import type { RedisSettings } from './redis-store.js';
import { RedisSubscriber } from './redis-subscriber.js';
import type { RedisSystem } from './redis-system.js';
import { type RedisTimes, redisTimes } from './redis-times.js';
import { RunDirectory } from './run-directory.js';
import { probeScript } from './scripts/probe.js';
import { adviseOn, serverFacts } from './server-advice.js';
import { SessionIndex } from './session-index.js';
import { SessionList } from './session-list.js';
import { SessionScripts } from './session-scripts.js';
import { UpdateOrder } from './update-order.js';

const READY_MILLISECONDS = 1500;
const PROBE_MILLISECONDS = 60_000;

export async function openRedisStore(config: RedisSettings, dependencies: StoreDependencies): Promise<Store> {
  const { log, leaseMilliseconds } = dependencies;
  const times = redisTimes(leaseMilliseconds, config.SESSION_TTL_S * 1000, config.JOURNAL_TTL_S * 1000);
  const client = connectionTo(config.STORE_URL, config.REDIS_CLUSTER);
  const connection = new RedisConnection(client, log);
  const subscriber = new RedisSubscriber(() => subscriberTo(config.STORE_URL, client));
  const system = redisSystem(connection, new RedisKeys(config.REDIS_PREFIX), times, subscriber);
  await openConnection(connection, config.REDIS_CLUSTER, log);
  return storeOf(system, subscriber, dependencies);
}

function redisSystem(
  connection: RedisConnection,
  keys: RedisKeys,
  times: RedisTimes,
  subscriber: RedisSubscriber,
): RedisSystem {
  const directory = new RunDirectory(connection, keys, times.pointer);
  const scripts = new SessionScripts(connection, keys);
  const pages = new JournalPages({ scripts, keys, directory, subscriber });
  const feed = new JournalFeed(pages);
  const index = new SessionIndex(connection, keys, times.lease);
  const updates = new UpdateOrder(connection, keys);
  return { connection, keys, times, scripts, index, updates, directory, pages, feed, writer: randomUUID() };
}

async function openConnection(connection: RedisConnection, cluster: boolean, log: Logger): Promise<void> {
  connection.onFirstReady(async () => adviseOn(await serverFacts(connection), log));
  await connection.open();
  const facts = await serverFacts(connection);
  if (cluster || facts?.get('redis_mode') !== 'cluster') return;
  await connection.close();
  throw new StoreNotUsable('This Redis is a cluster; set AGENT_RUNTIME__REDIS_CLUSTER to true.');
}

/** Every server of a cluster passes on what is published, so any of them will do. */
function subscriberTo(url: string, client: Redis | Cluster): Redis {
  const nodes = client instanceof Cluster ? client.nodes() : [];
  const { host, port } = nodes[Math.floor(Math.random() * nodes.length)]?.options ?? redisOptions(url);
  return new Redis<'legacy'>({ ...redisOptions(url), host, port, retryStrategy: null });
}

/** Writes, so that missing rights show before the store takes messages that it could not end. */
async function probe({ connection, keys }: RedisSystem): Promise<void> {
  await connection.run(probeScript, [keys.probe], [PROBE_MILLISECONDS], READY_MILLISECONDS);
}

function storeOf(system: RedisSystem, subscriber: RedisSubscriber, dependencies: StoreDependencies): Store {
  const { connection, keys, feed, writer } = system;
  const { log } = dependencies;
  const list = new SessionList(system);
  const ledger = new RedisLedger(system, list, new DueSessions(system));
  const stops = new StopWatch({
    heads: (all) => list.heads(all),
    onError: (error) => log.error('stop requests cannot be read', { error }),
    hearsAll: false,
  });
  const news = new RedisNews({ keys, feed, stops, log, writer });
  subscriber.subscribe(news.channel);
  subscriber.open(news);
  const close = async (): Promise<void> => {
    feed.close();
    subscriber.close();
    await connection.close();
  };
  const ports = { ledger, journal: new RedisRunJournal(system, ledger), audience: new RedisRunAudience(system) };
  const parts = { ...ports, writer, stops, feed, outlivesProcess: true, ready: () => probe(system), close };
  return storeOver(parts, dependencies);
}
