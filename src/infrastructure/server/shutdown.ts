import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../adapters/outbound/persistence/store.js';
import type { ActiveRuns } from '../../application/active-runs.js';
import { pause } from '../../application/patience.js';
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

/** What a stop may take once its runs have ended or their grace is over. The operator's guide promises it. */
const CLOSING_MILLISECONDS = 5000;
/** What is left of that for the store and the traces, when readers are slow. */
const STORE_MILLISECONDS = 1000;

/** What is on its way arrives -> not ready -> runs end -> readers get their endings -> connections and store close.
 *  Readers may come back while runs end, so the server listens until then. Resolves in bounded time, whatever the store
 *  and the clients do. */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const { activeRuns, log, arrivalMilliseconds, graceSeconds } = parts;
  log.info('shutting down', { activeRuns: activeRuns.size, graceSeconds });
  if (arrivalMilliseconds > 0) await delay(arrivalMilliseconds);
  const drained = activeRuns.drain(graceSeconds * 1000);
  const allOver = new AbortController();
  try {
    await Promise.race([drained, pause(graceSeconds * 1000, allOver.signal)]);
    const end = performance.now() + CLOSING_MILLISECONDS;
    const closed = drained.then(() => close(parts, end)).then(() => true);
    const isClosed = await Promise.race([closed, pause(CLOSING_MILLISECONDS, allOver.signal).then(() => false)]);
    if (isClosed) log.info('shut down');
    else log.warn('shut down before all was closed: the store did not answer, or clients did not read');
  } finally {
    allOver.abort();
  }
}

async function close({ patrol, server, store, toolServers, tracing, log }: ShutdownParts, end: number): Promise<void> {
  await patrol.stop();
  await toolServers.close();
  await server.close(end - STORE_MILLISECONDS - performance.now());
  await store.close();
  await tracing?.stop().catch((error: unknown) => log.warn('the last traces were not sent', { error }));
}
