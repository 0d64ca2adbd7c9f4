import cluster from 'node:cluster';
import type { Logger } from '../../application/ports/logger.js';
import type { Config } from '../config/config.js';
import { WinstonLogger } from './winston-logger.js';

/** Each process of several says which it is. */
export function loggerAsWanted({ logLevel, production }: Config): Logger {
  const log = WinstonLogger.create({ level: logLevel, format: production ? 'json' : 'readable' });
  return cluster.worker === undefined ? log : log.child({ worker: cluster.worker.id });
}
