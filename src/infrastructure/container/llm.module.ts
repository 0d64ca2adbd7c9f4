import { ContainerModule } from 'inversify';
import { CircuitBreaker } from '../../adapters/outbound/llm/circuit-breaker.js';
import { DeadlineGateway } from '../../adapters/outbound/llm/deadline-gateway.js';
import { FailoverGateway } from '../../adapters/outbound/llm/failover-gateway.js';
import { GatewayByMode } from '../../adapters/outbound/llm/gateway-by-mode.js';
import { RetryBudget } from '../../adapters/outbound/llm/retry-budget.js';
import { RetryingGateway } from '../../adapters/outbound/llm/retrying-gateway.js';
import { SharedModelsGateway } from '../../adapters/outbound/llm/shared-models-gateway.js';
import { TimeLimitedGateway } from '../../adapters/outbound/llm/time-limited-gateway.js';
import { ContextLengths } from '../../application/context-lengths.js';
import type { LlmGateway } from '../../application/ports/llm-gateway.js';
import type { Logger } from '../../application/ports/logger.js';
import { PromptBudget } from '../../application/prompt-budget.js';
import { type Config, withEnvironment } from '../config/config.js';
import { proxyForOf } from '../config/proxies.js';
import { MeteredLlmGateway } from '../metrics/metered-llm-gateway.js';
import type { Metrics } from '../metrics/metrics.js';
import { TracedLlmGateway } from '../tracing/traced-llm-gateway.js';
import { llmProviders } from './llm-providers.js';
import { tokens, type UpstreamOf } from './tokens.js';
import { toldFailover } from './told-failover.js';

/** How a provider is made, as it is by itself. */
function providerOf({ llmMode, settings, proxies }: Config): UpstreamOf {
  const { LLM_MODEL: _, ...others } = settings;
  return (mode) => {
    const provider = llmProviders[mode];
    if (provider === undefined) throw new Error(`There is no LLM mode ${mode}`);
    // The model of the usual mode is none of theirs.
    return provider.create(mode === llmMode ? settings : others, proxyForOf(proxies, withEnvironment));
  };
}

interface Surroundings {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** From the inside: each call of a provider is given up on when it is silent, and is measured; one that fails before
 *  its first token is made again. */
function surrounded(upstream: LlmGateway, mode: string, { config, metrics, log }: Surroundings): LlmGateway {
  const traced = config.tracing ? new TracedLlmGateway(upstream, mode) : upstream;
  const limited = new TimeLimitedGateway(traced, config.silenceLimits);
  const call = new MeteredLlmGateway(limited, metrics, mode);
  return new RetryingGateway(call, loggedBreaker(mode, log), new RetryBudget(), config.upstreamRetries);
}

function loggedBreaker(mode: string, log: Logger): CircuitBreaker {
  return new CircuitBreaker({
    opened: () => log.error('the upstream fails too often and is given up on for a while', { mode }),
    closed: () => log.info('the upstream is back', { mode }),
  });
}

/** Around all providers: the next model is asked for one that fails, and all calls together have one deadline. The list
 *  of models is shared by all who want it. */
function together(gatewayOf: UpstreamOf, { config, metrics, log }: Surroundings): LlmGateway {
  const modes = { usual: config.llmMode, listed: config.agents.modes };
  const failover = new FailoverGateway(new GatewayByMode(gatewayOf, modes, log), toldFailover(metrics, log));
  return new SharedModelsGateway(new DeadlineGateway(failover, config.runMilliseconds));
}

/** When it is asked for first. */
function madeOnce<Made>(make: (name: string) => Made): (name: string) => Made {
  const made = new Map<string, Made>();
  return (name) => {
    const value = made.get(name) ?? make(name);
    made.set(name, value);
    return value;
  };
}

export const llmModule = new ContainerModule(({ bind }) => {
  bind(tokens.upstreamOf).toResolvedValue(providerOf, [tokens.config]).inSingletonScope();
  bind(tokens.gatewayOf)
    .toResolvedValue(
      (upstreamOf, config, metrics, log) =>
        madeOnce((mode) => surrounded(upstreamOf(mode), mode, { config, metrics, log })),
      [tokens.upstreamOf, tokens.config, tokens.metrics, tokens.log],
    )
    .inSingletonScope();
  bind(tokens.gateway)
    .toResolvedValue(
      (gatewayOf, config, metrics, log) => together(gatewayOf, { config, metrics, log }),
      [tokens.gatewayOf, tokens.config, tokens.metrics, tokens.log],
    )
    .inSingletonScope();
  bind(tokens.budget)
    .toResolvedValue(
      (counter, gatewayOf, { agents }, log) => new PromptBudget(counter, new ContextLengths(gatewayOf, log), agents),
      [tokens.tokenCounter, tokens.gatewayOf, tokens.config, tokens.log],
    )
    .inSingletonScope();
});
