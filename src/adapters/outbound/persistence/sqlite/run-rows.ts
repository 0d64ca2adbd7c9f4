import { z } from 'zod';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../../application/ports/session-repository.js';
import { RunNotFound } from '../../../../domain/errors.js';
import type { Run, RunLease, StopCause } from '../../../../domain/run.js';
import { storedStopCause } from '../stored-shapes.js';
import type { Expiry } from './expiry.js';
import { IS_LIVE } from './session-rows.js';
import type { SqliteDatabase, Values } from './sqlite-database.js';
import { RUN_COLUMNS, type StoredRun, storedRun } from './stored-run.js';

const SELECT = `SELECT ${RUN_COLUMNS} FROM runs AS r JOIN sessions AS s ON s.key = r.session`;

/** The table of runs. Its methods are parts of a step of the database. */
export class RunRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
  ) {}

  /** Undefined when there never was such a run. Throws RunNotFound when it went with its session. */
  find(id: string): StoredRun | undefined {
    const row = this.database.row(
      `SELECT ${RUN_COLUMNS}, ${IS_LIVE} AS is_live FROM runs AS r JOIN sessions AS s ON s.key = r.session WHERE r.id = :id`,
      { id, sessionHorizon: this.expiry.sessionHorizon },
    );
    if (row === undefined) return undefined;
    if (liveness.parse(row).is_live === 0) throw new RunNotFound(id);
    return storedRun.parse(row);
  }

  /** Throws RunNotFound. */
  get(id: string): StoredRun {
    const found = this.find(id);
    if (found === undefined) throw new RunNotFound(id);
    return found;
  }

  /** A page of the runs of a session in turn order, none after `upToRun`; none at all when there is no such session. */
  history(sessionId: string, after: string | undefined, upToRun: string | undefined): readonly StoredRun[] {
    const rows = this.database.eachRow(
      `${SELECT} WHERE s.id = :sessionId AND ${IS_LIVE}
         AND r.turn > coalesce((SELECT turn FROM runs WHERE id = :after AND session = s.key), 0)
         AND r.turn <= coalesce((SELECT turn FROM runs WHERE id = :upToRun AND session = s.key), ${Number.MAX_SAFE_INTEGER})
       ORDER BY r.turn`,
      { sessionId, after: after ?? null, upToRun: upToRun ?? null, sessionHorizon: this.expiry.sessionHorizon },
    );
    const page: StoredRun[] = [];
    let characters = 0;
    for (const row of rows) {
      const stored = storedRun.parse(row);
      page.push(stored);
      characters += stored.run.request.content.length + (stored.answer?.length ?? 0);
      if (page.length === MAX_PAGE_TURNS || characters >= MAX_PAGE_CHARACTERS) break;
    }
    return page;
  }

  /** The run that an idempotency key started in a session. */
  startedBy(session: number, idempotencyKey: string): StoredRun | undefined {
    return this.first(
      `${SELECT} JOIN idempotency_keys AS k ON k.run = r.key
       WHERE k.session = :session AND k.key = :idempotencyKey AND k.kept_until > :now`,
      { session, idempotencyKey, now: this.expiry.now },
    );
  }

  active(session: number): StoredRun | undefined {
    return this.first(`${SELECT} WHERE r.session = :session AND r.status = 'running'`, { session });
  }

  firstQueued(session: number): StoredRun | undefined {
    return this.first(`${SELECT} WHERE r.session = :session AND r.status = 'queued' ORDER BY r.turn LIMIT 1`, {
      session,
    });
  }

  /** The active run and the queue. */
  open(session: number): readonly StoredRun[] {
    const rows = this.database.rows(
      `${SELECT} WHERE r.session = :session AND r.status IN ('queued', 'running') ORDER BY r.turn`,
      { session },
    );
    return rows.map((row) => storedRun.parse(row));
  }

  runningIds(): readonly string[] {
    return this.database.rows("SELECT id FROM runs WHERE status = 'running'").map((row) => idRow.parse(row).id);
  }

  isWrittenBy({ id, epoch }: RunLease): boolean {
    const row = this.database.row(
      "SELECT 1 FROM runs WHERE id = :id AND status = 'running' AND epoch = :epoch AND epoch > 0",
      {
        id,
        epoch,
      },
    );
    return row !== undefined;
  }

  /** Which of these runs are to stop, and why: `cancelled` where the session was deleted. */
  stopCauses(ids: readonly string[]): ReadonlyMap<string, StopCause> {
    const rows = this.database.rows(
      `SELECT j.value AS id, CASE WHEN s.id IS NULL THEN 'cancelled' ELSE r.stop_cause END AS cause
       FROM json_each(:ids) AS j LEFT JOIN runs AS r ON r.id = j.value LEFT JOIN sessions AS s ON s.key = r.session
       WHERE s.id IS NULL OR r.stop_cause IS NOT NULL`,
      { ids: JSON.stringify(ids) },
    );
    return new Map(rows.map((row) => stopRow.parse(row)).map(({ id, cause }) => [id, cause]));
  }

  insertLast(run: Run, session: number): void {
    const { next } = turnRow.parse(
      this.database.row('SELECT coalesce(max(turn), 0) + 1 AS next FROM runs WHERE session = :session', { session }),
    );
    this.insert(run, session, next);
  }

  insertBehind({ session, turn }: StoredRun, run: Run): void {
    this.database.run('UPDATE runs SET turn = turn + 1 WHERE session = :session AND turn > :turn', { session, turn });
    this.insert(run, session, turn + 1);
  }

  /** Keeps what may change in the life of a run. */
  save(run: Run): void {
    this.database.run(
      'UPDATE runs SET status = :status, epoch = :epoch, attempts = :attempts, stop_cause = :stopCause WHERE id = :id',
      { id: run.id, status: run.status, epoch: run.epoch, attempts: run.attempts, stopCause: run.stopCause ?? null },
    );
  }

  saveEnded(run: Run, text: string): void {
    const { id, status, finishReason, usage, error, endedAt } = run;
    this.database.run(
      `UPDATE runs SET status = :status, finish_reason = :finishReason, usage = :usage, error = :error,
         ended_at = :endedAt, closed_at = :now, answer = :text WHERE id = :id`,
      {
        id,
        status,
        finishReason: finishReason ?? null,
        usage: usage === undefined ? null : JSON.stringify(usage),
        error: error === undefined ? null : JSON.stringify(error),
        endedAt: endedAt?.getTime() ?? null,
        now: this.expiry.now,
        text: text === '' ? null : text,
      },
    );
  }

  /** The writer of a run was given the next one when it ended. */
  saveNext(run: Run, next: Run): void {
    this.database.run('UPDATE runs SET next = :next WHERE id = :id', { id: run.id, next: next.id });
  }

  nextOf(key: number): StoredRun | undefined {
    return this.first(`${SELECT} WHERE r.id = (SELECT next FROM runs WHERE key = :key)`, { key });
  }

  private first(sql: string, values: Values): StoredRun | undefined {
    const row = this.database.row(sql, values);
    return row === undefined ? undefined : storedRun.parse(row);
  }

  private insert(run: Run, session: number, turn: number): void {
    this.database.run(
      `INSERT INTO runs (id, session, turn, status, epoch, attempts, request_id, on_disconnect, created_at, request)
       VALUES (:id, :session, :turn, :status, :epoch, :attempts, :requestId, :onDisconnect, :createdAt, :request)`,
      {
        id: run.id,
        session,
        turn,
        status: run.status,
        epoch: run.epoch,
        attempts: run.attempts,
        requestId: run.requestId,
        onDisconnect: run.onDisconnect,
        createdAt: run.createdAt.getTime(),
        request: JSON.stringify(run.request),
      },
    );
  }
}

const liveness = z.object({ is_live: z.number() });
const idRow = z.object({ id: z.string() });
const stopRow = z.object({ id: z.string(), cause: storedStopCause });
const turnRow = z.object({ next: z.number() });
