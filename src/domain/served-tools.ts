import { matchesPattern, type ServedBy, type ServedTool, type Tool, type ToolServer, toolNameFrom } from './tool.js';

/** The one name of a server's tool outside of prompts: no tool of a client has a slash in its name. */
function servedName({ server, tool }: ServedBy): string {
  return `${server}/${tool}`;
}

/** What a tool is called everywhere but before its model. */
export function toldName({ name, servedBy }: Tool): string {
  return servedBy === undefined ? name : servedName(servedBy);
}

/** The tool that a call is for; undefined where a client runs it. */
export function servedByIn(toolName: string): ServedBy | undefined {
  const slash = toolName.indexOf('/');
  return slash === -1 ? undefined : { server: toolName.slice(0, slash), tool: toolName.slice(slash + 1) };
}

/** Those of the tools of servers that an agent may use, each with a name that models can be told and that no other tool
 *  has. */
export function servedTools(
  patterns: readonly string[],
  served: readonly ServedTool[],
  servers: readonly ToolServer[],
  taken: readonly string[],
): readonly Tool[] {
  const names = new Set(taken);
  const chosen = served.filter((tool) => patterns.some((pattern) => isChosenBy(pattern, tool)));
  return chosen.map(({ server, tool, description, parameters }) => {
    const name = newName(toolNameFrom(`${server}_${tool}`), names);
    names.add(name);
    return {
      name,
      description,
      parameters,
      approval: approvalOf({ server, tool }, servers),
      servedBy: { server, tool },
    };
  });
}

function isChosenBy(written: string, { server, tool }: ServedBy): boolean {
  const pattern = servedByIn(written);
  return pattern?.server === server && matchesPattern(tool, pattern.tool);
}

/** The last pattern that matches counts. */
function approvalOf({ server, tool }: ServedBy, servers: readonly ToolServer[]) {
  const { approval = [] } = servers.find(({ name }) => name === server) ?? {};
  return approval.findLast(({ pattern }) => matchesPattern(tool, pattern))?.approval ?? 'never';
}

function newName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) {
    const numbered = `${name.slice(0, LONGEST_NAME - 1 - String(number).length)}_${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}

const LONGEST_NAME = 64;
