import type { Caller } from '../../domain/caller.js';
import type { Session } from '../../domain/session.js';
import { pause } from '../patience.js';
import type { Clock } from '../ports/clock.js';
import type { RecentPage, RecentPosition } from '../ports/recent-sessions.js';
import type { SessionPosition, SessionRepository } from '../ports/session-repository.js';

export interface SessionPage {
  readonly sessions: readonly Session[];
  /** Where the next page begins; undefined after the last. */
  readonly next: SessionPosition | undefined;
}

/** A page of the sessions that a caller has, newest first. Following `next` meets every session exactly once, however
 *  many come meanwhile. */
export class ListSessions {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'list' | 'recent'>,
    private readonly clock: Clock,
  ) {}

  /** Nobody waits for the page any more when `signal` aborts: then it rejects with its reason. */
  async execute(
    by: Caller,
    limit: number,
    after: SessionPosition | undefined,
    signal: AbortSignal,
  ): Promise<SessionPage> {
    const found = await this.sessions.list(limit + 1, after, signal, by);
    const sessions = found.slice(0, limit);
    const last = sessions.at(-1);
    const next =
      found.length > limit && last ? { createdAt: last.createdAt, id: last.id, userId: last.userId } : undefined;
    return { sessions, next };
  }

  /** The same by the last update, in the order that stood at the first page. */
  async byUpdate(
    by: Caller,
    limit: number,
    after: RecentPosition | undefined,
    signal: AbortSignal,
  ): Promise<RecentPage> {
    const page = await this.sessions.recent(limit, after, by, signal);
    // What changes after the first page is to have a later time than all that the page tells.
    if (after === undefined && page.end !== undefined && page.end.updatedAt >= this.clock.now()) await pause(1, signal);
    return page;
  }
}
