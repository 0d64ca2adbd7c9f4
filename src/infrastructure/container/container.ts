import 'reflect-metadata';
import type { Express } from 'express';
import { Container } from 'inversify';
import type { ConnectionLimit } from '../../adapters/inbound/http/connection-limit.js';
import type { RequestObserver } from '../../adapters/inbound/http/request-observer.js';
import type { Store } from '../../adapters/outbound/persistence/store.js';
import { WorkerTokenCounter } from '../../adapters/outbound/tokens/worker-token-counter.js';
import type { ActiveRuns } from '../../application/active-runs.js';
import type { Patrol } from '../../application/patrol.js';
import type { Clock } from '../../application/ports/clock.js';
import type { IdGenerator } from '../../application/ports/id-generator.js';
import type { LlmGateway } from '../../application/ports/llm-gateway.js';
import type { Logger } from '../../application/ports/logger.js';
import type { TokenCounter } from '../../application/ports/token-counter.js';
import type { ToolServers } from '../../application/ports/tool-servers.js';
import type { Config } from '../config/config.js';
import { CountingRunObserver } from '../metrics/counting-run-observer.js';
import { Metrics } from '../metrics/metrics.js';
import { EventLoopDelay } from '../system/event-loop-delay.js';
import { SystemClock } from '../system/system-clock.js';
import { UuidGenerator } from '../system/uuid-generator.js';
import { applicationModule } from './application.module.js';
import { codelabModule } from './codelab.module.js';
import { doorsModule } from './doors.module.js';
import { endpointsModule, sessionEndpointsModule } from './endpoints.module.js';
import { httpModule } from './http.module.js';
import { llmModule } from './llm.module.js';
import { persistenceModule } from './persistence.module.js';
import { tokens } from './tokens.js';
import { toolsModule } from './tools.module.js';
import { useCasesModule } from './use-cases.module.js';
import { writingModule } from './writing.module.js';

/** What a test may put in the place of the real thing. */
export interface Overrides {
  readonly clock?: Clock;
  readonly ids?: IdGenerator;
  readonly gateway?: LlmGateway;
  readonly tokenCounter?: TokenCounter;
}

/** What the process starts, drains and closes. */
export interface Runtime {
  readonly app: Express;
  readonly connections: ConnectionLimit;
  readonly ids: IdGenerator;
  readonly requests: RequestObserver;
  readonly loopDelay: EventLoopDelay;
  readonly activeRuns: ActiveRuns;
  readonly patrol: Patrol;
  readonly store: Store;
  readonly toolServers: ToolServers;
  readonly metrics: Metrics;
}

/** Everything bound; nothing is opened before it is asked for. */
export function createContainer(config: Config, log: Logger, overrides: Overrides = {}): Container {
  const container = new Container();
  container.bind(tokens.config).toConstantValue(config);
  container.bind(tokens.log).toConstantValue(log);
  container.bind(tokens.clock).toConstantValue(overrides.clock ?? new SystemClock());
  container.bind(tokens.ids).toConstantValue(overrides.ids ?? new UuidGenerator());
  container.bind(tokens.tokenCounter).toConstantValue(overrides.tokenCounter ?? new WorkerTokenCounter());
  container.bind(tokens.loopDelay).toConstantValue(new EventLoopDelay(config.maxEventLoopDelay));
  container.bind(tokens.metrics).toConstantValue(new Metrics(config.version));
  container.bind(tokens.observer).toResolvedValue((metrics) => new CountingRunObserver(metrics), [tokens.metrics]);
  container.load(
    llmModule,
    persistenceModule,
    writingModule,
    applicationModule,
    toolsModule,
    useCasesModule,
    endpointsModule,
    sessionEndpointsModule,
    doorsModule,
    codelabModule,
    httpModule,
  );
  const { gateway } = overrides;
  if (gateway !== undefined) container.rebind(tokens.upstreamOf).toConstantValue(() => gateway);
  return container;
}

/** Opens the store and builds all that stands on it. */
export async function createRuntime(container: Container): Promise<Runtime> {
  const store = await container.getAsync(tokens.store);
  const activeRuns = await container.getAsync(tokens.activeRuns);
  const patrol = await container.getAsync(tokens.patrol);
  const app = await container.getAsync(tokens.app);
  const [toolServers, connections, readers, ids, requests, loopDelay, metrics] = await Promise.all([
    container.getAsync(tokens.toolServers),
    container.getAsync(tokens.connections),
    container.getAsync(tokens.readers),
    container.getAsync(tokens.ids),
    container.getAsync(tokens.requests),
    container.getAsync(tokens.loopDelay),
    container.getAsync(tokens.metrics),
  ]);
  metrics.watch(() => ({ activeRuns: activeRuns.size, readers: readers.size, connections: connections.open }));
  return { app, connections, ids, requests, loopDelay, activeRuns, patrol, store, toolServers, metrics };
}
