import cluster from 'node:cluster';
import { flushCompileCache } from 'node:module';
import { StoreNotUsable } from '../adapters/outbound/persistence/store.js';
import type { Logger } from '../application/ports/logger.js';
import type { Config } from './config/config.js';
import { createContainer, createRuntime, type Runtime } from './container/container.js';
import { loggerAsWanted } from './logging/logger-as-wanted.js';
import { announce } from './server/announce.js';
import { endOnSignals } from './server/end-on-signals.js';
import { endOnUnknownErrors } from './server/end-on-unknown-errors.js';
import { HttpServer } from './server/http-server.js';
import { listenOrExit } from './server/listen-or-exit.js';
import { shutDown } from './server/shutdown.js';
import { warnAbout } from './server/warn-about.js';
import type { Tracing } from './tracing/start-tracing.js';
import { SYSTEM_SHARES_PORT } from './workers/port-sharing.js';
import { withShareOfLimits } from './workers/share-of-limits.js';
import { tellListening } from './workers/supervisor.js';

/** A balancer may have sent a message here a moment before the signal, after no other replica took it. It is still
 *  taken. */
const ON_ITS_WAY_MILLISECONDS = 300;

/** Start, signals, end. */
export async function serveHere(whole: Config): Promise<void> {
  const config = withShareOfLimits(whole);
  const log = loggerAsWanted(config);
  if (cluster.isPrimary) warnAbout(config, log);
  const tracing = await tracingAsWanted(config, log);
  const runtime = await runtimeOrExit(() => createRuntime(createContainer(config, log)), log);
  // All is loaded. Left to its end, Node would make a stop wait for this, on a busy machine for seconds.
  flushCompileCache();
  const server = await listenOrExit(
    () => HttpServer.listen(runtime, { ...config, sharesPort: SYSTEM_SHARES_PORT }),
    config,
    log,
  );
  const { activeRuns, patrol, loopDelay, store, toolServers, metrics } = runtime;
  patrol.start();
  loopDelay.measure();
  metrics.watchProcess();
  const end = once((exitCode: number) => {
    const limits = { arrivalMilliseconds: ON_ITS_WAY_MILLISECONDS, graceSeconds: config.shutdownGraceSeconds };
    return shutDown({ activeRuns, patrol, server, store, toolServers, tracing, log, ...limits }).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.critical('could not shut down', { error });
        process.exit(1);
      },
    );
  });
  endOnSignals(() => void end(0), log);
  endOnUnknownErrors(end, log);
  // Last: whoever reads it may send a signal at once.
  if (cluster.isPrimary) announce(config, server.port, log);
  else tellListening();
}

/** The SDK is loaded only for those who want traces. */
async function tracingAsWanted({ tracing, version }: Config, log: Logger): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined;
  const { startTracing } = await import('./tracing/start-tracing.js');
  return startTracing(tracing, version, log);
}

async function runtimeOrExit(open: () => Promise<Runtime>, log: Logger): Promise<Runtime> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof StoreNotUsable)) throw error;
    log.critical(error.message);
    process.exit(1);
  }
}

function once<Argument>(act: (argument: Argument) => Promise<void>): (argument: Argument) => Promise<void> {
  let acted: Promise<void> | undefined;
  return (argument) => {
    acted ??= act(argument);
    return acted;
  };
}
