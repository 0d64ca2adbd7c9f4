import type { Agent } from './agent.js';
import type { Agents } from './agents.js';
import { choiceOf } from './choice.js';
import { mergedOptions, readOptions } from './generation-options.js';
import type { RunBirth } from './run.js';

/** Who answers a run: its agent, with the model and the options that its message asks for. */
export function chosenFor(birth: Pick<RunBirth, 'request' | 'inherited'>, agents: Agents): Agent {
  const choice = choiceOf(birth);
  const agent = agentNamed(choice.agent, agents);
  const { model = agent.model, options } = choice;
  return {
    ...agent,
    model,
    // Nobody is asked twice in a row.
    fallbacks: agent.fallbacks.filter((fallback) => fallback !== model),
    options: options === undefined ? agent.options : mergedOptions(agent.options, readOptions(options)),
  };
}

/** One that has left the file since counts as the usual one. */
function agentNamed(name: string | undefined, agents: Agents): Agent {
  return name === undefined ? agents.usual : agents.named(name);
}
