import { z } from 'zod';
import type { ListAgents } from '../../../../application/use-cases/list-agents.js';
import type { Agent } from '../../../../domain/agent.js';
import { json, problems } from '../documented.js';
import type { Endpoint } from '../endpoint.js';

export const agentSchema = z
  .object({
    name: z.string().meta({ example: 'default' }),
    description: z.string().nullable(),
    model: z.string().meta({ description: 'Who answers, as `<mode>:<name>`.', example: 'mock:fake-llm' }),
    tools: z.array(z.string()).meta({ description: 'Those that it may use now; `server/tool` for tools of servers.' }),
  })
  .meta({ id: 'Agent' });

/** The agents that a message can be for. */
export function agentRoutes(listAgents: ListAgents): readonly Endpoint[] {
  return [
    {
      method: 'get',
      path: '/agent/agents',
      access: 'internal-key',
      operation: {
        summary: 'The agents on offer',
        responses: { 200: json(z.array(agentSchema), 'The agents'), ...problems(401, 500) },
      },
      handle(_request, response) {
        response.json(listAgents.execute().map(agentView));
      },
    },
  ];
}

export function agentView({ name, description, model, tools }: Agent): z.input<typeof agentSchema> {
  return { name, description: description ?? null, model, tools: [...tools] };
}
