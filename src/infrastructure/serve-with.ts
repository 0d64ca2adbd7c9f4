import cluster from 'node:cluster';
import { StoreNotUsable } from '../adapters/outbound/persistence/store.js';
import type { Logger } from '../application/ports/logger.js';
import { partsOfModel } from '../domain/model-name.js';
import type { Config } from './config/config.js';
import { PREFIX } from './config/environment.js';
import { createContainer, createRuntime, type Runtime } from './container/container.js';
import { WinstonLogger } from './logging/winston-logger.js';
import { endOnSignals } from './server/end-on-signals.js';
import { HttpServer } from './server/http-server.js';
import { shutDown } from './server/shutdown.js';
import type { Tracing } from './tracing/start-tracing.js';
import { portToShare, SYSTEM_SHARES_PORT } from './workers/port-sharing.js';
import { withShareOfLimits } from './workers/share-of-limits.js';
import { Supervisor, tellListening } from './workers/supervisor.js';

/** A balancer may have sent a message here a moment before the signal, after no other replica took it. It is still
 *  taken. */
const ON_ITS_WAY_MILLISECONDS = 300;

/** Start, signals, end. */
export async function serveWith(config: Config): Promise<void> {
  const log = loggerAsWanted(config);
  if (cluster.isPrimary) warnAbout(config, log);
  if (cluster.isPrimary && config.workers > 1) await supervise(config, log);
  else await serveHere(withShareOfLimits(config), log);
}

/** Several processes serve, and this one sees to them. */
async function supervise(config: Config, log: Logger): Promise<void> {
  const { workers, port, host } = config;
  const shared = await listenOrExit(() => portToShare(port, host), config, log);
  const environment = { [`${PREFIX}PORT`]: `${shared}` };
  const listening = () => announce(config, shared, log);
  const supervisor = new Supervisor({ workers, log, environment, listening, exit: (code) => process.exit(code) });
  endOnSignals(() => supervisor.end(0), log);
  endOnUnknownErrors((exitCode) => supervisor.end(exitCode), log);
  supervisor.start();
}

async function serveHere(config: Config, log: Logger): Promise<void> {
  const tracing = await tracingAsWanted(config, log);
  const runtime = await runtimeOrExit(() => createRuntime(createContainer(config, log)), log);
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

function loggerAsWanted({ logLevel, production }: Config): Logger {
  const log = WinstonLogger.create({ level: logLevel, format: production ? 'json' : 'readable' });
  return cluster.worker === undefined ? log : log.child({ worker: cluster.worker.id });
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

async function listenOrExit<Listening>(
  listen: () => Promise<Listening>,
  config: Config,
  log: Logger,
): Promise<Listening> {
  try {
    return await listen();
  } catch (error) {
    log.critical('cannot listen; set AGENT_RUNTIME__HOST and AGENT_RUNTIME__PORT to a free address', {
      host: config.host,
      port: config.port,
      error,
    });
    process.exit(1);
  }
}

function warnAbout(config: Config, log: Logger): void {
  const { usesDefaultKey, unknownVariables, ignoredFields, production, agents, storeScheme } = config;
  if (usesDefaultKey) {
    log.warn(
      'ANYONE CAN USE THIS SERVICE: the internal key is the documented default; set AGENT_RUNTIME__INTERNAL_API_KEY',
    );
  }
  if (production && agents.modes.includes('mock'))
    log.warn('no model answers, the mock repeats what it is told; set AGENT_RUNTIME__LLM_MODE');
  if (production && storeScheme === 'memory')
    log.warn('sessions are gone when the process ends; set AGENT_RUNTIME__STORE_URL');
  if (unknownVariables.length > 0) log.warn('variables that nothing reads; are they misspelt?', { unknownVariables });
  if (ignoredFields.length > 0) log.warn('fields of the agents file that change nothing', { ignoredFields });
}

function announce(
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

/** A mistake nobody foresaw: open runs get their endings, and whatever started this process starts it afresh. */
function endOnUnknownErrors(end: (exitCode: number) => unknown, log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.critical('unexpected error; ending the process', { error });
    end(1);
  });
}

function once<Argument>(act: (argument: Argument) => Promise<void>): (argument: Argument) => Promise<void> {
  let acted: Promise<void> | undefined;
  return (argument) => {
    acted ??= act(argument);
    return acted;
  };
}
