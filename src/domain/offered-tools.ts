import type { Agent } from './agent.js';
import { type Fields, isFields } from './fields.js';
import { nameOf } from './sent-tools.js';
import { servedTools } from './served-tools.js';
import { APPROVALS, matchesPattern, type ServedTool, type Tool, type Toolbox, type ToolChoice } from './tool.js';

const NO_ARGUMENTS = { type: 'object', properties: {} };

/** What a model may ask for: the tools of its agent, those that its message brings, which the client runs, and those of
 *  servers that are there. Where two have one name, the agent's counts. */
export function offeredTools(
  agent: Agent,
  { tools, servers }: Toolbox,
  sent: readonly Fields[] = [],
  served: readonly ServedTool[] = [],
): readonly Tool[] {
  const own = tools.filter(({ name }) => agent.tools.some((pattern) => matchesPattern(name, pattern)));
  const brought = sent.map(sentTool).filter(({ name }) => !own.some((tool) => tool.name === name));
  const forClients = [...own, ...brought];
  const taken = forClients.map(({ name }) => name);
  return [...forClients, ...servedTools(agent.tools, served, servers, taken)];
}

/** A turn may keep the choice of a message that was for another agent, or for a server that is away now: providers
 *  refuse a function that is not among the tools. */
export function offeredChoice(choice: ToolChoice | undefined, offered: readonly Tool[]): ToolChoice | undefined {
  return typeof choice !== 'object' || offered.some(({ name }) => name === choice.name) ? choice : undefined;
}

/** As a message says it: a word, or the function that it names. */
export function sentToolChoice(sent: string | Fields | undefined): ToolChoice | undefined {
  if (sent === 'auto' || sent === 'none' || sent === 'required') return sent;
  const name = nameOf(sent);
  return name === undefined ? undefined : { name };
}

/** A tool in the form in which clients write them; it was checked when it came. */
function sentTool({ function: described, approval }: Fields): Tool {
  const { name, description, parameters, strict } = isFields(described) ? described : {};
  return {
    name: String(name),
    description: typeof description === 'string' ? description : undefined,
    parameters: isFields(parameters) ? parameters : NO_ARGUMENTS,
    ...(typeof strict === 'boolean' && { strict }),
    approval: APPROVALS.find((word) => word === approval) ?? 'never',
  };
}
