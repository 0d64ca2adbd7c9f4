import type { Request } from 'express';
import type { ListSessions } from '../../../../application/use-cases/list-sessions.js';
import type { Session } from '../../../../domain/session.js';
import type { RequestContext } from '../request-context.js';
import { recentCursor } from './recent-page.js';
import { pageCursor, parsePageQuery } from './session-page.js';

export interface ListUseCases {
  readonly listSessions: ListSessions;
}

export interface ListedSessions {
  readonly sessions: readonly Session[];
  readonly nextCursor: string | null;
}

/** The page of sessions that a query asks for. Throws HttpProblem 422. */
export async function listedSessions(
  { listSessions }: ListUseCases,
  request: Request,
  context: RequestContext,
): Promise<ListedSessions> {
  const query = parsePageQuery(request.query);
  if (query.order === 'updated') {
    const { limit, cursor } = query;
    const page = await listSessions.byUpdate(context, limit, cursor, context.clientLeft);
    return { sessions: page.sessions, nextCursor: recentCursor(page, cursor) };
  }
  const { sessions, next } = await listSessions.execute(context, query.limit, query.cursor, context.clientLeft);
  return { sessions, nextCursor: next ? pageCursor(next) : null };
}
