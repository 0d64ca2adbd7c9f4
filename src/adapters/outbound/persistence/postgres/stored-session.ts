import { type Selectable, sql } from 'kysely';
import type { Session } from '../../../../domain/session.js';
import type { Queries } from './postgres-database.js';
import { before } from './store-time.js';
import { QUEUED } from './stored-run.js';
import type { Tables } from './tables.js';

export const SESSION_COLUMNS = [
  'sessions.key',
  'sessions.id',
  'sessions.created_at',
  'sessions.updated_at',
  'sessions.message_count',
  'sessions.active_run',
] as const;

type ColumnName<Column> = Column extends `sessions.${infer Name}` ? Name : never;
export type SessionRow = Pick<Selectable<Tables['sessions']>, ColumnName<(typeof SESSION_COLUMNS)[number]>>;

/** Whether a session has been idle for longer than it is kept; never while it is answering. */
export function isExpired(ttlMilliseconds: number) {
  return sql<boolean>`(sessions.active_run is null and sessions.used_at <= ${before(ttlMilliseconds)})`;
}

/** Whether there is a session: one that is deleted or expired is only not purged yet. */
export function isThere(ttlMilliseconds: number) {
  return sql<boolean>`(sessions.deleted_at is null and not ${isExpired(ttlMilliseconds)})`;
}

export function selectSessions(queries: Queries) {
  return queries
    .selectFrom('sessions')
    .select(({ selectFrom }) => [
      ...SESSION_COLUMNS,
      selectFrom('runs')
        .whereRef('runs.session', '=', 'sessions.key')
        .where('runs.status', '=', QUEUED)
        .select(sql<number>`count(*)::int`.as('count'))
        .as('queued_runs'),
    ]);
}

export function toSession(row: SessionRow, queuedRuns: number): Session {
  return {
    id: row.id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    messageCount: row.message_count,
    activeRunId: row.active_run ?? undefined,
    queuedRuns,
  };
}
