import type { Agent } from '../../domain/agent.js';
import type { Agents } from '../../domain/agents.js';

/** Who can be asked. */
export class ListAgents {
  constructor(private readonly agents: Agents) {}

  execute(): readonly Agent[] {
    return this.agents.all;
  }
}
