import type { Usage } from './run.js';

/** Of two answers together. */
export function sumOf(before: Usage | undefined, usage: Usage): Usage {
  if (before === undefined) return usage;
  return {
    inputTokens: before.inputTokens + usage.inputTokens,
    outputTokens: before.outputTokens + usage.outputTokens,
    totalTokens: before.totalTokens + usage.totalTokens,
  };
}
