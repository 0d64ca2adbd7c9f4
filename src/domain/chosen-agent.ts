import type { Agent, Instructions } from './agent.js';
import type { Agents } from './agents.js';
import { choiceOf } from './choice.js';
import { mergedOptions, readOptions } from './generation-options.js';
import type { RunBirth } from './run.js';
import type { AgentSwitched } from './run-event.js';

/** Who answers a run: its agent, with the model and the options that its message asks for. */
export function chosenFor(birth: Pick<RunBirth, 'request' | 'inherited'>, agents: Agents): Agent {
  const choice = choiceOf(birth);
  const agent = choice.bare ? nobody(agents.usual) : agents.named(choice.agent);
  const { model = agent.model, options, instructions } = choice;
  return {
    ...agent,
    model,
    instructions: instructions === undefined ? agent.instructions : brought(instructions, agent),
    // Nobody is asked twice in a row.
    fallbacks: agent.fallbacks.filter((fallback) => fallback !== model),
    options: options === undefined ? agent.options : mergedOptions(agent.options, readOptions(options)),
  };
}

/** Whoever brings instructions wants them told, also where the agent has none. */
function brought(text: string, { instructions: { role } }: Agent): Instructions {
  return { text, role: role === 'none' ? 'system' : role };
}

/** Stands in where a message is for a model alone. */
function nobody(usual: Agent): Agent {
  return { ...usual, instructions: { ...usual.instructions, text: '' }, options: {}, tools: [] };
}

/** What a run has to tell before anything else: that its session goes over to another agent, where its message says
 *  so. */
export function openingEvents(birth: RunBirth, agents: Agents): readonly AgentSwitched[] {
  const { request, switchedFrom } = birth;
  if (request.switching === undefined) return [];
  const [from, to] = [agents.named(switchedFrom).name, agents.named(choiceOf(birth).agent).name];
  return [{ type: 'agent-switched', sequence: 1, from, to, ...request.switching }];
}

/** The name of the agent that a run is for. */
export function agentNameOf(birth: Pick<RunBirth, 'request' | 'inherited'>, agents: Agents): string {
  return agents.named(choiceOf(birth).agent).name;
}
