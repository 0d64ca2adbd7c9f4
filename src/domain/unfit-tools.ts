import type { Agents } from './agents.js';
import { choiceOf } from './choice.js';
import { chosenFor } from './chosen-agent.js';
import { type FieldProblem, UnfitFields } from './field-problem.js';
import { rightNames } from './nearest-name.js';
import { offeredTools, sentToolChoice } from './offered-tools.js';
import type { RunBirth } from './run.js';
import type { Toolbox } from './tool.js';

/** What a message says of tools does not fit the agent that it is for. */
export class UnfitTools extends UnfitFields {}

/** Throws UnfitTools. Which agent a message is for may be known only when its session is. */
export function checkTools(birth: RunBirth, agents: Agents, toolbox: Toolbox): void {
  const { tools, toolChoice } = birth.request.choice ?? {};
  if (tools === undefined && toolChoice === undefined) return;
  const agent = chosenFor(birth, agents);
  const own = offeredTools(agent, toolbox).map(({ name }) => name);
  const all = offeredTools(agent, toolbox, choiceOf(birth).tools).map(({ name }) => name);
  // What a server offers is known when the model is asked.
  const isKnown = !agent.tools.some((name) => name.includes('/'));
  const problems = [...takenNames(offeredTools({ ...agent, tools: [] }, toolbox, tools), own)];
  if (isKnown) problems.push(...unknownName(toolChoice, all));
  if (problems.length > 0) throw new UnfitTools(problems);
}

function takenNames(sent: readonly { readonly name: string }[], own: readonly string[]): FieldProblem[] {
  return sent.flatMap(({ name }, index) => {
    if (!own.includes(name)) return [];
    return [{ path: ['tools', index, 'function', 'name'], message: 'is the name of a tool of the agent' }];
  });
}

function unknownName(written: Parameters<typeof sentToolChoice>[0], names: readonly string[]): FieldProblem[] {
  const choice = sentToolChoice(written);
  if (typeof choice !== 'object' || names.includes(choice.name)) return [];
  const message = `is no tool of the agent or of the message; ${rightNames(choice.name, names)}`;
  return [{ path: ['tool_choice', 'function', 'name'], message }];
}
