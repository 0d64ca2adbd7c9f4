import type { TokenCounter } from '../../src/application/ports/token-counter.js';
import { PromptBudget } from '../../src/application/prompt-budget.js';
import { Agents } from '../../src/domain/agents.js';
import { anAgent } from './builders.js';

/** With a token for each word, and no context length but those of `lengths`. */
export function aBudget(
  agents = new Agents([anAgent()]),
  lengths: Readonly<Record<string, number>> = {},
  counter: TokenCounter = { name: 'words', count: async (text) => text.split(' ').length },
): PromptBudget {
  return new PromptBudget(counter, { of: (model) => Promise.resolve(lengths[model]) }, agents);
}
