import { ContainerModule } from 'inversify';
import { CircuitBreaker } from '../../adapters/outbound/llm/circuit-breaker.js';
import { DeadlineGateway } from '../../adapters/outbound/llm/deadline-gateway.js';
import type { LlmProvider } from '../../adapters/outbound/llm/llm-provider.js';
import { mockProvider } from '../../adapters/outbound/llm/mock/mock-provider.js';
import { openaiProvider } from '../../adapters/outbound/llm/openai/openai-provider.js';
import { proxyProvider } from '../../adapters/outbound/llm/proxy/proxy-provider.js';
import { RetryBudget } from '../../adapters/outbound/llm/retry-budget.js';
import { RetryingGateway } from '../../adapters/outbound/llm/retrying-gateway.js';
import { SharedModelsGateway } from '../../adapters/outbound/llm/shared-models-gateway.js';
import { TimeLimitedGateway } from '../../adapters/outbound/llm/time-limited-gateway.js';
import { vllmProvider } from '../../adapters/outbound/llm/vllm/vllm-provider.js';
import type { LlmGateway } from '../../application/ports/llm-gateway.js';
import type { Logger } from '../../application/ports/logger.js';
import { type Config, withEnvironment } from '../config/config.js';
import { proxyForOf } from '../config/proxies.js';
import { MeteredLlmGateway } from '../metrics/metered-llm-gateway.js';
import { TracedLlmGateway } from '../tracing/traced-llm-gateway.js';
import { tokens } from './tokens.js';

/** The legal values of AGENT_RUNTIME__LLM_MODE. A new provider is a folder and one line here. */
export const llmProviders: Readonly<Record<string, LlmProvider>> = {
  mock: mockProvider,
  proxy: proxyProvider,
  openai: openaiProvider,
  vllm: vllmProvider,
};

/** One call of the chosen provider. */
function providerOf({ llmMode, settings, proxies }: Config): LlmGateway {
  const provider = llmProviders[llmMode];
  if (provider === undefined) throw new Error(`There is no LLM mode ${llmMode}`);
  return provider.create(settings, proxyForOf(proxies, withEnvironment));
}

function tracedAsWanted(upstream: LlmGateway, { tracing, llmMode, llmModel }: Config): LlmGateway {
  return tracing ? new TracedLlmGateway(upstream, { provider: llmMode, model: llmModel }) : upstream;
}

function loggedBreaker(log: Logger): CircuitBreaker {
  return new CircuitBreaker({
    opened: () => log.error('the upstream fails too often and is given up on for a while'),
    closed: () => log.info('the upstream is back'),
  });
}

/** From the inside: each call of the provider is given up on when it is silent, and is measured; one that fails before its first
 *  text is made again; all of them together have one deadline. The list of models is shared by all who want it. */
export const llmModule = new ContainerModule(({ bind }) => {
  bind(tokens.upstream).toResolvedValue(providerOf, [tokens.config]).inSingletonScope();
  bind(tokens.gateway)
    .toResolvedValue(
      (upstream, config, metrics, log) => {
        const limited = new TimeLimitedGateway(tracedAsWanted(upstream, config), config.silenceLimits);
        const call = new MeteredLlmGateway(limited, metrics);
        const calls = new RetryingGateway(call, loggedBreaker(log), new RetryBudget(), config.upstreamRetries);
        return new SharedModelsGateway(new DeadlineGateway(calls, config.runMilliseconds));
      },
      [tokens.upstream, tokens.config, tokens.metrics, tokens.log],
    )
    .inSingletonScope();
});
