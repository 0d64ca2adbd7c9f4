import { sql } from 'kysely';
import type {
  AcceptedTurn,
  NewTurn,
  SessionPosition,
  SessionRepository,
} from '../../../../application/ports/session-repository.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import { assistantMessage, type Message, userMessage } from '../../../../domain/message.js';
import type { Run } from '../../../../domain/run.js';
import type { Session } from '../../../../domain/session.js';
import { bury, lockSession } from './locked-session.js';
import type { PostgresDatabase } from './postgres-database.js';
import { lockOpenRuns, type StoredEnding, stopped, storeEnding } from './run-endings.js';
import type { RunNews } from './run-news.js';
import { findStarted } from './started-runs.js';
import type { StoreOptions } from './store-options.js';
import { RUN_COLUMNS, toRun } from './stored-run.js';
import { isThere, selectSessions, toSession } from './stored-session.js';
import { TurnAcceptance } from './turn-acceptance.js';

/** Beyond every turn. */
const NO_POSITION = 2 ** 31 - 1;

export class PostgresSessionRepository implements SessionRepository {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly news: RunNews,
    private readonly options: StoreOptions,
  ) {}

  async accept(turn: NewTurn): Promise<AcceptedTurn> {
    const { run, replayed, interrupted } = await this.database.transaction((queries) =>
      new TurnAcceptance(queries, this.options).accept(turn),
    );
    if (!replayed && run.status === 'running') this.news.writes(run.id);
    if (interrupted !== undefined) this.news.stopAsked(interrupted);
    return { run, replayed };
  }

  async findAccepted(turn: NewTurn): Promise<Run | undefined> {
    const { queries } = this.database;
    const session = await queries
      .selectFrom('sessions')
      .select('key')
      .where('id', '=', turn.run.sessionId)
      .where(this.isThere)
      .executeTakeFirst();
    return session && (await findStarted(queries, session.key, turn))?.run;
  }

  async find(sessionId: string): Promise<Session> {
    const row = await selectSessions(this.database.queries)
      .where('id', '=', sessionId)
      .where(this.isThere)
      .executeTakeFirst();
    if (row === undefined) throw new SessionNotFound(sessionId);
    return toSession(row, row.queued_runs ?? 0);
  }

  async list(limit: number, after: SessionPosition | undefined): Promise<readonly Session[]> {
    const rows = await selectSessions(this.database.queries)
      .where(this.isThere)
      .$if(after !== undefined, (query) =>
        query.where(
          sql<boolean>`(created_at <= ${after?.createdAt} and (created_at < ${after?.createdAt} or id > ${after?.id}))`,
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => toSession(row, row.queued_runs ?? 0));
  }

  async messages(sessionId: string, upToRun?: string): Promise<readonly Message[]> {
    const rows = await this.turns(sessionId, upToRun);
    if (rows.length === 0) throw new SessionNotFound(sessionId);
    return rows.flatMap((row) => {
      const run = toRun(row);
      const answer = run.id === upToRun ? undefined : assistantMessage(run, row.answer ?? '');
      return answer === undefined ? [userMessage(run)] : [userMessage(run), answer];
    });
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    const ended = await this.database.transaction(async (queries) => {
      const session = await lockSession(queries, sessionId, this.options.sessionTtlMilliseconds);
      if (session === undefined) return undefined;
      const open = await lockOpenRuns(queries, session.key);
      const endings: StoredEnding[] = [];
      for (const locked of open) endings.push(await storeEnding(queries, locked, stopped('cancelled', at), ''));
      await bury(queries, session.key);
      return endings;
    });
    if (ended === undefined) throw new SessionNotFound(sessionId);
    for (const { run, events } of ended) this.news.deleted(run.id, events);
  }

  /** In their order, never one without its session. */
  private turns(sessionId: string, upToRun: string | undefined) {
    return this.database.queries
      .selectFrom('sessions')
      .innerJoin('runs', 'runs.session', 'sessions.key')
      .select([...RUN_COLUMNS, 'runs.answer'])
      .where('sessions.id', '=', sessionId)
      .where(this.isThere)
      .where('runs.position', '<=', ({ selectFrom, fn, val }) =>
        fn.coalesce(
          selectFrom('runs as last')
            .select('last.position')
            .where('last.id', '=', upToRun ?? '')
            .whereRef('last.session', '=', 'sessions.key'),
          val(NO_POSITION),
        ),
      )
      .orderBy('runs.position')
      .execute();
  }

  private get isThere() {
    return isThere(this.options.sessionTtlMilliseconds);
  }
}
