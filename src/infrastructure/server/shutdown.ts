import type { Store } from '../../adapters/outbound/persistence/store.js';
import type { ActiveRuns } from '../../application/active-runs.js';
import type { Patrol } from '../../application/patrol.js';
import type { Logger } from '../../application/ports/logger.js';
import type { HttpServer } from './http-server.js';

export interface ShutdownParts {
  readonly activeRuns: ActiveRuns;
  readonly patrol: Patrol;
  readonly server: HttpServer;
  readonly store: Store;
  readonly log: Logger;
  readonly graceSeconds: number;
}

/** Not ready -> runs end -> readers get their endings -> connections and store close. Readers may come back while runs end,
 *  so the server listens until then. */
export async function shutDown({ activeRuns, patrol, server, store, log, graceSeconds }: ShutdownParts): Promise<void> {
  log.info('shutting down', { activeRuns: activeRuns.size, graceSeconds });
  await activeRuns.drain(graceSeconds * 1000);
  await patrol.stop();
  await server.close();
  await store.close();
  log.info('shut down');
}
