import { z } from 'zod';
import type { SessionPosition } from '../../../../application/ports/session-repository.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import type { Session } from '../../../../domain/session.js';
import type { Expiry } from './expiry.js';
import type { SqliteDatabase } from './sqlite-database.js';

export interface StoredSession {
  readonly key: number;
  readonly session: Session;
}

/** Whether a session `s` is there at the time of `:sessionHorizon`: neither deleted nor expired. */
export const IS_LIVE = '(s.id IS NOT NULL AND (s.idle_since IS NULL OR s.idle_since > :sessionHorizon))';

const SELECT = `
  SELECT s.key, s.id, s.created_at, s.updated_at, s.message_count,
    (SELECT id FROM runs WHERE session = s.key AND status = 'running') AS active_run,
    (SELECT count(*) FROM runs WHERE session = s.key AND status = 'queued') AS queued_runs
  FROM sessions AS s WHERE ${IS_LIVE}`;

/** The table of sessions. Its methods are parts of a step of the database. */
export class SessionRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
  ) {}

  find(id: string): StoredSession | undefined {
    const { sessionHorizon } = this.expiry;
    const row = this.database.row(`${SELECT} AND s.id = :id`, { id, sessionHorizon });
    return row === undefined ? undefined : storedSession.parse(row);
  }

  /** Throws SessionNotFound. */
  get(id: string): StoredSession {
    const found = this.find(id);
    if (found === undefined) throw new SessionNotFound(id);
    return found;
  }

  /** As `SessionRepository.list` promises it. */
  list(limit: number, after: SessionPosition | undefined): readonly StoredSession[] {
    const { sessionHorizon } = this.expiry;
    const rows = this.database.rows(
      `${SELECT} AND s.created_at <= :createdAt AND (s.created_at < :createdAt OR s.id > :id)
       ORDER BY s.created_at DESC, s.id LIMIT :limit`,
      { sessionHorizon, limit, createdAt: after?.createdAt.getTime() ?? Number.MAX_SAFE_INTEGER, id: after?.id ?? '' },
    );
    return rows.map((row) => storedSession.parse(row));
  }

  /** Returns its key. An expired session of this id that was not purged yet is one without an id from now on. */
  create(id: string, at: Date): number {
    this.database.run('UPDATE sessions SET id = NULL WHERE id = :id', { id });
    const row = this.database.row(
      `INSERT INTO sessions (id, created_at, updated_at, message_count, idle_since)
       VALUES (:id, :at, :at, 0, :now) RETURNING key`,
      { id, at: at.getTime(), now: this.expiry.now },
    );
    return keyRow.parse(row).key;
  }

  /** It has as many messages more, and is idle from now on unless a run is active or queued. */
  use(key: number, at: Date, messages: number): void {
    this.database.run(
      `UPDATE sessions SET updated_at = :at, message_count = message_count + :messages,
         idle_since = CASE
           WHEN EXISTS (SELECT 1 FROM runs WHERE session = :key AND status = 'running') THEN NULL
           WHEN EXISTS (SELECT 1 FROM runs WHERE session = :key AND status = 'queued') THEN NULL
           ELSE :now END
       WHERE key = :key`,
      { key, messages, at: at.getTime(), now: this.expiry.now },
    );
  }

  /** Its runs must have ended. Of what was said in it, no more stays than its journals, for those who read them. */
  remove(key: number): void {
    this.database.run('DELETE FROM idempotency_keys WHERE session = :key', { key });
    this.database.run(`UPDATE runs SET request = '{"content":""}', answer = NULL WHERE session = :key`, { key });
    this.database.run('UPDATE sessions SET id = NULL, idle_since = :now WHERE key = :key', {
      key,
      now: this.expiry.now,
    });
  }

  rememberKey(session: number, idempotencyKey: string, runId: string): void {
    this.database.run(
      `INSERT OR REPLACE INTO idempotency_keys (session, key, run, kept_until)
       VALUES (:session, :idempotencyKey, (SELECT key FROM runs WHERE id = :runId), :keptUntil)`,
      { session, idempotencyKey, runId, keptUntil: this.expiry.keyKeptUntil },
    );
  }
}

const keyRow = z.object({ key: z.number() });

const storedSession = z
  .object({
    key: z.number(),
    id: z.string(),
    created_at: z.number(),
    updated_at: z.number(),
    message_count: z.number(),
    active_run: z.string().nullable(),
    queued_runs: z.number(),
  })
  .transform(
    ({ key, id, created_at, updated_at, message_count, active_run, queued_runs }): StoredSession => ({
      key,
      session: {
        id,
        createdAt: new Date(created_at),
        updatedAt: new Date(updated_at),
        messageCount: message_count,
        activeRunId: active_run ?? undefined,
        queuedRuns: queued_runs,
      },
    }),
  );
