import type { LlmProvider, Settings } from '../../src/adapters/outbound/llm/llm-provider.js';

/** What a provider finds wrong with settings, as `NAME: what`. */
export function issuesOf(provider: LlmProvider, settings: Settings): string[] {
  const { error } = provider.configSchema.safeParse(settings);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}
