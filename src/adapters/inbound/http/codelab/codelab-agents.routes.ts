import type { GetRun } from '../../../../application/use-cases/get-run.js';
import type { GetSession } from '../../../../application/use-cases/get-session.js';
import type { ListAgents } from '../../../../application/use-cases/list-agents.js';
import { json, problems, sessionPath } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { sessionId } from '../native/session-id.js';
import { agentsSchema, approvalsSchema, approvalView, codelabAgentView, currentAgentSchema } from './codelab-views.js';

export interface CodelabAgentUseCases {
  readonly listAgents: ListAgents;
  readonly getSession: GetSession;
  readonly getRun: GetRun;
}

/** Who answers, and what waits for a person, as Codelab's gateway asks for them. */
export function codelabAgentRoutes(useCases: CodelabAgentUseCases): readonly Endpoint[] {
  return [listAgents(useCases), currentAgent(useCases), pendingApprovals(useCases)];
}

function listAgents({ listAgents }: CodelabAgentUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agents',
    access: 'internal-key',
    operation: {
      summary: 'The agents on offer, for Codelab',
      responses: { 200: json(agentsSchema, 'The agents'), ...problems(401, 500) },
    },
    handle(_request, response) {
      const agents = listAgents.execute().map(codelabAgentView);
      response.json({ agents, count: agents.length });
    },
  };
}

function currentAgent({ listAgents, getSession }: CodelabAgentUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agents/{id}/current',
    access: 'internal-key',
    operation: {
      summary: 'The agent that the next message of a session is for',
      requestParams: { path: sessionPath },
      responses: { 200: json(currentAgentSchema, 'The agent'), ...problems(401, 404, 409, 500, 503) },
    },
    async handle(request, response, context) {
      const { session } = await getSession.execute(sessionId(request), context);
      const agent = listAgents.of(session);
      response.json({ session_id: session.id, current_agent: agent.name, ...codelabAgentView(agent) });
    },
  };
}

function pendingApprovals({ getSession, getRun }: CodelabAgentUseCases): Endpoint {
  return {
    method: 'get',
    path: '/sessions/{id}/pending-approvals',
    access: 'internal-key',
    operation: {
      summary: 'The calls of a session that wait for a person, for Codelab',
      requestParams: { path: sessionPath },
      responses: { 200: json(approvalsSchema, 'The calls, in their order'), ...problems(401, 404, 409, 500, 503) },
    },
    async handle(request, response, context) {
      const id = sessionId(request);
      const waiting = (await getSession.openCalls(id, context)).filter(({ state }) => state === 'awaiting_approval');
      const [first] = waiting;
      const asked = first && (await getRun.execute(first.runId, context)).run;
      const pending = waiting.map((call) => approvalView(call, asked?.endedAt ?? call.expiresAt));
      response.json({ session_id: id, pending_approvals: pending, count: pending.length });
    },
  };
}
