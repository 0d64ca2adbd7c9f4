import type { Agent, OfferedTool } from 'agent-runtime/client';

const CALL = /^\/call[ \t]+([A-Za-z0-9_-]{1,64})(?=\s|$)/gm;

/** `/call NAME {…}` makes the mock ask for a tool. One that its agent does not have is brought along, and waits for
 *  approval: so everybody can see what that looks like. */
export function mockTools(content: string, agent: Agent | undefined): readonly OfferedTool[] | undefined {
  // What tools an agent with servers has is known to the service alone.
  if (agent === undefined || !agent.model.startsWith('mock:') || agent.tools.some((tool) => tool.includes('/')))
    return undefined;
  const names = new Set(Array.from(content.trimStart().matchAll(CALL), ([, name = '']) => name));
  const missing = [...names].filter((name) => !agent.tools.includes(name));
  if (missing.length === 0) return undefined;
  return missing.map((name) => ({ type: 'function', function: { name }, approval: 'always' }));
}
