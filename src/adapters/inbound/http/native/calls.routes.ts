import { z } from 'zod';
import type { CancelSession } from '../../../../application/use-cases/cancel-session.js';
import type { GetSession } from '../../../../application/use-cases/get-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { json, problems, sessionPath } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { openCallSchema, openCallView } from './call-view.js';
import { sessionId } from './session-id.js';
import { sessionSchema, sessionView } from './session-view.js';

export interface CallUseCases {
  readonly getSession: GetSession;
  readonly cancelSession: CancelSession;
  readonly agents: Agents;
}

/** GET the calls that a session waits for, POST that it goes on with nothing. */
export function callRoutes(useCases: CallUseCases): readonly Endpoint[] {
  return [getCalls(useCases), cancelSession(useCases)];
}

function getCalls({ getSession }: CallUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agent/sessions/{id}/calls',
    access: 'internal-key',
    operation: {
      summary: 'The calls that a session waits for',
      requestParams: { path: sessionPath },
      responses: {
        200: json(z.object({ open_calls: z.array(openCallSchema) }), 'The calls, in their order'),
        ...problems(401, 404, 409, 500, 503),
      },
    },
    async handle(request, response, context) {
      const openCalls = await getSession.openCalls(sessionId(request), context);
      response.json({ open_calls: openCalls.map(openCallView) });
    },
  };
}

function cancelSession({ cancelSession, agents }: CallUseCases): Endpoint {
  return {
    method: 'post',
    path: '/agent/sessions/{id}/cancel',
    access: 'internal-key',
    operation: {
      summary: 'Stop what goes on in a session: its run, or the waiting for its calls',
      requestParams: { path: sessionPath },
      responses: {
        200: json(sessionSchema, 'Nothing went on; nothing changed'),
        202: json(sessionSchema, 'The run is being stopped, or the calls are skipped; messages that wait go on'),
        ...problems(401, 404, 409, 500, 503),
      },
    },
    async handle(request, response, context) {
      const { session, wasIdle } = await cancelSession.execute(sessionId(request), context);
      response.status(wasIdle ? 200 : 202).json(sessionView(session, agents));
    },
  };
}
