import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../adapters/outbound/persistence/store.js';
import type { ActiveRuns } from '../../application/active-runs.js';
import type { Patrol } from '../../application/patrol.js';
import type { Logger } from '../../application/ports/logger.js';
import type { ToolServers } from '../../application/ports/tool-servers.js';
import type { HttpServer } from './http-server.js';

export interface ShutdownParts {
  readonly activeRuns: ActiveRuns;
  readonly patrol: Patrol;
  readonly server: HttpServer;
  readonly store: Store;
  readonly toolServers: Pick<ToolServers, 'close'>;
  readonly tracing: { stop(): Promise<void> } | undefined;
  readonly log: Logger;
  /** How long new messages are still taken. */
  readonly arrivalMilliseconds: number;
  readonly graceSeconds: number;
}

/** What is on its way arrives -> not ready -> runs end -> readers get their endings -> connections and store close.
 *  Readers may come back while runs end, so the server listens until then. */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const { activeRuns, patrol, server, store, toolServers, tracing, log, arrivalMilliseconds, graceSeconds } = parts;
  log.info('shutting down', { activeRuns: activeRuns.size, graceSeconds });
  if (arrivalMilliseconds > 0) await delay(arrivalMilliseconds);
  await activeRuns.drain(graceSeconds * 1000);
  await patrol.stop();
  await toolServers.close();
  await server.close();
  await store.close();
  await tracing?.stop().catch((error: unknown) => log.warn('the last traces were not sent', { error }));
  log.info('shut down');
}
