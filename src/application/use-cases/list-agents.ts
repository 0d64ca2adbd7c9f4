import type { Agent } from '../../domain/agent.js';
import type { Agents } from '../../domain/agents.js';
import type { Session } from '../../domain/session.js';

/** Who can be asked. */
export class ListAgents {
  constructor(private readonly agents: Agents) {}

  execute(): readonly Agent[] {
    return this.agents.all;
  }

  /** The one that the next message of a session is for, where it names nobody else. */
  of({ agent }: Session): Agent {
    return agent === undefined ? this.agents.usual : this.agents.named(agent);
  }
}
