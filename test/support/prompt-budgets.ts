import { PromptBudget } from '../../src/application/prompt-budget.js';
import { Agents } from '../../src/domain/agents.js';
import { anAgent } from './builders.js';

/** With a token for each word, and no context length but those of `lengths`. */
export function aBudget(
  agents = new Agents([anAgent()]),
  lengths: Readonly<Record<string, number>> = {},
): PromptBudget {
  const count = (text: string) => Promise.resolve(text.split(' ').length);
  return new PromptBudget({ count }, { of: (model) => Promise.resolve(lengths[model]) }, agents);
}
