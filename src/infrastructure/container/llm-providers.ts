import type { LlmProvider } from '../../adapters/outbound/llm/llm-provider.js';
import { mockProvider } from '../../adapters/outbound/llm/mock/mock-provider.js';
import { openaiProvider } from '../../adapters/outbound/llm/openai/openai-provider.js';
import { proxyProvider } from '../../adapters/outbound/llm/proxy/proxy-provider.js';
import { vllmProvider } from '../../adapters/outbound/llm/vllm/vllm-provider.js';

/** The legal values of AGENT_RUNTIME__LLM_MODE. A new provider is a folder and one line here. */
export const llmProviders: Readonly<Record<string, LlmProvider>> = {
  mock: mockProvider,
  proxy: proxyProvider,
  openai: openaiProvider,
  vllm: vllmProvider,
};
