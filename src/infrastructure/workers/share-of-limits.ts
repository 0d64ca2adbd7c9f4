import cluster from 'node:cluster';
import type { Config } from '../config/config.js';

/** What a process may hold itself: limits are those of the service, and each worker has its share of them. */
export function withShareOfLimits(config: Config): Config {
  if (!cluster.isWorker) return config;
  const share = (limit: number) => Math.ceil(limit / config.workers);
  return { ...config, maxRuns: share(config.maxRuns), maxConnections: share(config.maxConnections) };
}
