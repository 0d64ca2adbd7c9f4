import type { Logger } from '../../application/ports/logger.js';
import { partsOfModel } from '../../domain/model-name.js';
import type { Config } from '../config/config.js';

/** Where it listens, and what it speaks to. */
export function announce(
  { host, agents, hasChatPage, storeScheme, version, workers }: Config,
  port: number,
  log: Logger,
): void {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
  const { mode, name: model } = partsOfModel(agents.usual.model);
  const several = workers > 1 ? { workers } : {};
  const chat = hasChatPage ? { chat: `${url}/chat/` } : {};
  log.info('listening', { url, ...chat, docs: `${url}/docs`, mode, model, store: storeScheme, version, ...several });
}
