import { sql } from 'kysely';
import {
  type AcceptedTurn,
  MAX_PAGE_CHARACTERS,
  MAX_PAGE_TURNS,
  type NewTurn,
  type SessionPosition,
  type SessionRepository,
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

/** What the turns before one on a page are long, in bytes, which are never fewer than characters. */
const SIZE_BEFORE = sql<string>`coalesce(sum(octet_length(request) + coalesce(octet_length(answer), 0))
  over (order by position rows between unbounded preceding and 1 preceding), 0)`;
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

  async *messages(sessionId: string, upToRun?: string): AsyncGenerator<readonly Message[]> {
    const session = await this.keyOf(sessionId);
    let rows = session === undefined ? [] : await this.turns(session, undefined, upToRun);
    if (session === undefined || rows.length === 0) throw new SessionNotFound(sessionId);
    for (let last = rows.at(-1); last !== undefined; last = rows.at(-1)) {
      yield rows.flatMap((row) => messagesOf(toRun(row), row.answer, upToRun));
      if ((await this.keyOf(sessionId)) !== session) throw new SessionNotFound(sessionId);
      rows = await this.turns(session, last.id, upToRun);
    }
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

  private async keyOf(sessionId: string): Promise<string | undefined> {
    const row = await this.database.queries
      .selectFrom('sessions')
      .select('key')
      .where('id', '=', sessionId)
      .where(this.isThere)
      .executeTakeFirst();
    return row?.key;
  }

  /** A page in their order. */
  private turns(session: string, after: string | undefined, upToRun: string | undefined) {
    return this.database.queries
      .selectFrom(({ selectFrom }) =>
        selectFrom('runs')
          .selectAll('runs')
          .select(SIZE_BEFORE.as('before'))
          .where('runs.session', '=', session)
          .where('runs.position', '>', this.positionOf(session, after, 0))
          .where('runs.position', '<=', this.positionOf(session, upToRun, NO_POSITION))
          .orderBy('runs.position')
          .limit(MAX_PAGE_TURNS)
          .as('runs'),
      )
      .innerJoin('sessions', 'sessions.key', 'runs.session')
      .select([...RUN_COLUMNS, 'runs.answer'])
      .where('runs.before', '<', sql<string>`${MAX_PAGE_CHARACTERS}`)
      .orderBy('runs.position')
      .execute();
  }

  /** As it is now: where a run was put in before it, it has moved. */
  private positionOf(session: string, runId: string | undefined, otherwise: number) {
    const { queries } = this.database;
    const position = queries
      .selectFrom('runs as one')
      .select('one.position')
      .where('one.session', '=', session)
      .where('one.id', '=', runId ?? '');
    return sql<number>`coalesce((${position}), ${otherwise}::int)`;
  }

  private get isThere() {
    return isThere(this.options.sessionTtlMilliseconds);
  }
}

function messagesOf(run: Run, answer: string | null, upToRun: string | undefined): readonly Message[] {
  const message = run.id === upToRun ? undefined : assistantMessage(run, answer ?? '');
  return message === undefined ? [userMessage(run)] : [userMessage(run), message];
}
