import type { Agent } from '../../domain/agent.js';
import type { Agents } from '../../domain/agents.js';
import { offeredTools } from '../../domain/offered-tools.js';
import { toldName } from '../../domain/served-tools.js';
import type { Session } from '../../domain/session.js';
import type { Toolbox } from '../../domain/tool.js';
import type { ToolServers } from '../ports/tool-servers.js';

/** Who can be asked. */
export class ListAgents {
  constructor(
    private readonly agents: Agents,
    private readonly toolbox: Toolbox,
    private readonly servers: Pick<ToolServers, 'offered'>,
  ) {}

  /** Each with the names of the tools that it may use now. */
  execute(): readonly Agent[] {
    const served = this.servers.offered();
    return this.agents.all.map((agent) => {
      const tools = offeredTools(agent, this.toolbox, [], served);
      return { ...agent, tools: tools.map(toldName) };
    });
  }

  /** The one that the next message of a session is for, where it names nobody else. */
  of({ agent }: Session): Agent {
    return this.agents.named(agent);
  }
}
