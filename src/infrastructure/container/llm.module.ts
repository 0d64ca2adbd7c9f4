import { ContainerModule } from 'inversify';
import type { LlmProvider } from '../../adapters/outbound/llm/llm-provider.js';
import { mockProvider } from '../../adapters/outbound/llm/mock/mock-provider.js';
import { openaiProvider } from '../../adapters/outbound/llm/openai/openai-provider.js';
import { proxyProvider } from '../../adapters/outbound/llm/proxy/proxy-provider.js';
import { TimeLimitedGateway } from '../../adapters/outbound/llm/time-limited-gateway.js';
import { vllmProvider } from '../../adapters/outbound/llm/vllm/vllm-provider.js';
import { MeteredLlmGateway } from '../metrics/metered-llm-gateway.js';
import { tokens } from './tokens.js';

/** The legal values of AGENT_RUNTIME__LLM_MODE. A new provider is a folder and one line here. */
export const llmProviders: Readonly<Record<string, LlmProvider>> = {
  mock: mockProvider,
  proxy: proxyProvider,
  openai: openaiProvider,
  vllm: vllmProvider,
};

export const llmModule = new ContainerModule(({ bind }) => {
  bind(tokens.upstream)
    .toResolvedValue(
      ({ llmMode, settings, answerLimits }) => {
        const provider = llmProviders[llmMode];
        if (provider === undefined) throw new Error(`There is no LLM mode ${llmMode}`);
        return new TimeLimitedGateway(provider.create(settings), answerLimits);
      },
      [tokens.config],
    )
    .inSingletonScope();
  bind(tokens.gateway)
    .toResolvedValue((upstream, metrics) => new MeteredLlmGateway(upstream, metrics), [tokens.upstream, tokens.metrics])
    .inSingletonScope();
});
