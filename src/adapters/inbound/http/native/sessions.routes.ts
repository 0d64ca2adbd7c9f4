import type { DeleteSession } from '../../../../application/use-cases/delete-session.js';
import type { GetHistory } from '../../../../application/use-cases/get-history.js';
import type { GetSession } from '../../../../application/use-cases/get-session.js';
import type { JoinSession } from '../../../../application/use-cases/join-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { eventStream, json, lastEventId, problems, sessionPath } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { neededUserId } from '../user-id.js';
import { requestedCursor } from './event-id.js';
import { type ListUseCases, listedSessions } from './listed-sessions.js';
import { messageId, messagesQuerySchema, parseMessagesQuery, unknownMessage } from './message-page.js';
import type { RunEventFrames } from './run-event-frames.js';
import { sendHistory } from './send-history.js';
import { sessionId } from './session-id.js';
import { pageQuerySchema } from './session-page.js';
import { historySchema, sessionPageSchema, sessionView, shownSession, shownSessionSchema } from './session-view.js';
import { streamRun } from './stream-run.js';

export interface SessionUseCases extends ListUseCases {
  readonly getSession: GetSession;
  readonly deleteSession: DeleteSession;
  readonly getHistory: GetHistory;
  readonly joinSession: JoinSession;
  readonly agents: Agents;
}

/** Sessions: list, look at, delete; their messages, and the stream of what runs in one. */
export function sessionRoutes(useCases: SessionUseCases, frames: RunEventFrames): readonly Endpoint[] {
  return [
    listSessions(useCases),
    getSession(useCases),
    deleteSession(useCases),
    deleteAllOfUser(useCases),
    getHistory(useCases),
    streamOfSession(useCases, frames),
  ];
}

function listSessions(useCases: SessionUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agent/sessions',
    access: 'internal-key',
    operation: {
      summary: 'A page of sessions, newest first',
      requestParams: { query: pageQuerySchema },
      responses: { 200: json(sessionPageSchema, 'The page'), ...problems(401, 422, 500, 503) },
    },
    async handle(request, response, context) {
      const { sessions, nextCursor } = await listedSessions(useCases, request, context);
      response.json({
        sessions: sessions.map((session) => sessionView(session, useCases.agents)),
        next_cursor: nextCursor,
      });
    },
  };
}

function getSession(useCases: SessionUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agent/sessions/{id}',
    access: 'internal-key',
    operation: {
      summary: 'A session as it stands',
      requestParams: { path: sessionPath },
      responses: { 200: json(shownSessionSchema, 'The session'), ...problems(401, 404, 409, 500, 503) },
    },
    async handle(request, response, context) {
      response.json(shownSession(await useCases.getSession.execute(sessionId(request), context), useCases.agents));
    },
  };
}

function deleteSession(useCases: SessionUseCases): Endpoint {
  return {
    method: 'delete',
    path: '/agent/sessions/{id}',
    access: 'internal-key',
    operation: {
      summary: 'Delete a session with all that belongs to it; what runs in it is cancelled',
      requestParams: { path: sessionPath },
      responses: {
        204: { description: 'Deleted; the id may begin a new session' },
        ...problems(401, 404, 409, 500, 503),
      },
    },
    async handle(request, response, context) {
      await useCases.deleteSession.execute(sessionId(request), context);
      response.status(204).end();
    },
  };
}

function deleteAllOfUser({ deleteSession }: SessionUseCases): Endpoint {
  return {
    method: 'delete',
    path: '/agent/sessions',
    access: 'internal-key',
    operation: {
      summary: 'Delete all sessions of the user of `X-User-Id`, which is needed here; what runs in them is cancelled',
      responses: { 204: { description: 'Deleted, if there were any' }, ...problems(401, 422, 500, 503) },
    },
    async handle(_request, response, context) {
      await deleteSession.all(neededUserId(context));
      response.status(204).end();
    },
  };
}

function getHistory(useCases: SessionUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agent/sessions/{id}/messages',
    access: 'internal-key',
    operation: {
      summary: 'The messages of a session, in the order of their turns',
      requestParams: { path: sessionPath, query: messagesQuerySchema },
      responses: { 200: json(historySchema, 'The messages'), ...problems(401, 404, 409, 422, 500, 503) },
    },
    async handle(request, response, context) {
      const id = sessionId(request);
      const asked = parseMessagesQuery(request.query);
      if (asked === undefined) return sendHistory(useCases.getHistory.execute(id, context), response, context);
      const page = await useCases.getHistory.page(id, context, asked.limit, asked.before);
      if (page === undefined) throw unknownMessage();
      const { messages, hasMore } = page;
      const nextBefore = hasMore && messages[0] !== undefined ? messageId(messages[0]) : null;
      await sendHistory([messages], response, context, `,"next_before":${JSON.stringify(nextBefore)}`);
    },
  };
}

function streamOfSession(useCases: SessionUseCases, frames: RunEventFrames): Endpoint {
  return {
    method: 'get',
    path: '/agent/sessions/{id}/stream',
    access: 'internal-key',
    operation: {
      summary: 'Join the run that is answering in a session, from its start',
      requestParams: { path: sessionPath, header: lastEventId.header, query: lastEventId.query },
      responses: {
        200: eventStream,
        204: { description: 'Nothing runs in the session' },
        ...problems(400, 401, 404, 409, 500, 503),
      },
    },
    async handle(request, response, context) {
      const input = { sessionId: sessionId(request), by: context, seen: requestedCursor(request) };
      const joined = await useCases.joinSession.execute(input);
      if (joined === undefined) response.status(204).end();
      else await streamRun(joined, frames, response, context);
    },
  };
}
