import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { IdGenerator } from '../../../../application/ports/id-generator.js';
import type { GetHistory } from '../../../../application/use-cases/get-history.js';
import type { Agents } from '../../../../domain/agents.js';
import { json, problems, sessionPath } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { type ListUseCases, listedSessions } from '../native/listed-sessions.js';
import { sendHistory } from '../native/send-history.js';
import { sessionId } from '../native/session-id.js';
import { pageQuerySchema } from '../native/session-page.js';
import { sessionView } from '../native/session-view.js';
import { invalidFields, sessionIdField } from '../native/user-message.js';
import { whereBody } from '../where-body.js';
import { codelabHistorySchema, newSessionSchema, sessionsSchema } from './codelab-views.js';

export interface CodelabSessionUseCases extends ListUseCases {
  readonly ids: IdGenerator;
  readonly getHistory: GetHistory;
  readonly agents: Agents;
}

/** Sessions as Codelab's gateway asks for them. */
export function codelabSessionRoutes(
  useCases: CodelabSessionUseCases,
  before: readonly RequestHandler[],
): readonly Endpoint[] {
  return [newSession(useCases, before), listSessions(useCases), getHistory(useCases)];
}

const newSessionBody = z
  .object({ session_id: sessionIdField.optional() }, 'must be a JSON object')
  .meta({ id: 'CodelabNewSessionBody' });

/** Nothing is stored: a session begins with its first message. */
function newSession({ ids }: CodelabSessionUseCases, before: readonly RequestHandler[]): Endpoint {
  return {
    method: 'post',
    path: '/sessions',
    access: 'internal-key',
    before: before.map(whereBody),
    operation: {
      summary: 'An id for a new session, which begins with its first message',
      requestBody: { required: false, content: { 'application/json': { schema: newSessionBody } } },
      responses: {
        201: json(newSessionSchema, 'The id: the one that was sent, or a new one'),
        ...problems(400, 401, 413, 415, 422, 500),
      },
    },
    handle(request, response) {
      const read = newSessionBody.safeParse(request.body ?? {});
      if (!read.success) throw invalidFields(read.error);
      response.status(201).json({ session_id: read.data.session_id ?? ids.next() });
    },
  };
}

function listSessions(useCases: CodelabSessionUseCases): Endpoint {
  return {
    method: 'get',
    path: '/sessions',
    access: 'internal-key',
    operation: {
      summary: 'A page of sessions, newest first, for Codelab',
      requestParams: { query: pageQuerySchema },
      responses: { 200: json(sessionsSchema, 'The page'), ...problems(401, 422, 500, 503) },
    },
    async handle(request, response, context) {
      const { sessions, nextCursor: next_cursor } = await listedSessions(useCases, request, context);
      const shown = sessions.map((session) => sessionView(session, useCases.agents));
      response.json({ sessions: shown, next_cursor, count: shown.length });
    },
  };
}

function getHistory(useCases: CodelabSessionUseCases): Endpoint {
  return {
    method: 'get',
    path: '/sessions/{id}/history',
    access: 'internal-key',
    operation: {
      summary: 'The messages of a session, in the order of their turns, for Codelab',
      requestParams: { path: sessionPath },
      responses: { 200: json(codelabHistorySchema, 'The messages'), ...problems(401, 404, 409, 500, 503) },
    },
    async handle(request, response, context) {
      const id = sessionId(request);
      await sendHistory(
        useCases.getHistory.execute(id, context),
        response,
        context,
        `,"session_id":${JSON.stringify(id)}`,
      );
    },
  };
}
