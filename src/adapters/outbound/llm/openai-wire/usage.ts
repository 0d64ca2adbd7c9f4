import { isFields } from '../../../../domain/fields.js';
import type { Usage } from '../../../../domain/run.js';

/** What an upstream counted. An odd usage costs the usage, never the answer. */
export function mapUsage(usage: unknown): Usage | undefined {
  if (!isFields(usage)) return undefined;
  const inputTokens = countOf(usage.prompt_tokens);
  const outputTokens = countOf(usage.completion_tokens ?? 0);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return { inputTokens, outputTokens, totalTokens: countOf(usage.total_tokens) ?? inputTokens + outputTokens };
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
