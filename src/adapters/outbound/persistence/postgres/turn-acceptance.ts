import { sql } from 'kysely';
import type { NewTurn } from '../../../../application/ports/session-repository.js';
import { Overloaded } from '../../../../domain/errors.js';
import { type Run, takeUp } from '../../../../domain/run.js';
import { type Place, placeOf } from '../../../../domain/session.js';
import { lockOrCreateSession } from './locked-session.js';
import type { Queries } from './postgres-database.js';
import { findStarted, type StartedRun } from './started-runs.js';
import type { StoreOptions } from './store-options.js';
import { fromNow, now, statementTime } from './store-time.js';
import { QUEUED, RUNNING } from './stored-run.js';
import { type SessionRow, toSession } from './stored-session.js';

/** What became of a turn. */
export interface Acceptance {
  readonly run: Run;
  readonly replayed: boolean;
  /** The run that is to make room. */
  readonly interrupted: string | undefined;
}

/** The steps of `SessionRepository.accept`, within one transaction. */
export class TurnAcceptance {
  constructor(
    private readonly queries: Queries,
    private readonly options: StoreOptions,
  ) {}

  async accept(turn: NewTurn): Promise<Acceptance> {
    const session = await lockOrCreateSession(this.queries, turn.run, this.options.sessionTtlMilliseconds);
    const started = await findStarted(this.queries, session.key, turn);
    if (started !== undefined) return this.asBefore(turn, started);
    const place = placeOf(toSession(session, await this.queueLength(session)), turn.onBusy, turn.queueLimit);
    if (place === 'now' && turn.replicaIsFull)
      throw new Overloaded('This replica is writing as many answers as it can; send the message again.');
    return this.add(turn, session, place);
  }

  /** Whoever gives the same turn again is to write the run only if it has the lease: it may be another's by now. */
  private asBefore(turn: NewTurn, { run, leasedTo }: StartedRun): Acceptance {
    const writtenElsewhere = run.status === 'running' && leasedTo !== this.options.processId;
    return { run, replayed: run.id !== turn.run.id || writtenElsewhere, interrupted: undefined };
  }

  private async add(turn: NewTurn, session: SessionRow, place: Place): Promise<Acceptance> {
    const run = place === 'now' ? takeUp(turn.run) : turn.run;
    const interrupted = place === 'next' ? (session.active_run ?? undefined) : undefined;
    const position = interrupted ? await this.roomBehind(interrupted, session) : await this.lastPosition(session);
    if (turn.idempotencyKey !== undefined) await this.forgetOldKey(turn.idempotencyKey, session);
    await this.insert(run, turn.idempotencyKey, session, position);
    await this.touch(session, run);
    if (interrupted !== undefined) await this.interrupt(interrupted);
    return { run, replayed: false, interrupted };
  }

  private async queueLength({ key, active_run }: SessionRow): Promise<number> {
    if (active_run === null) return 0;
    const { count } = await this.queries
      .selectFrom('runs')
      .select(sql<number>`count(*)::int`.as('count'))
      .where('session', '=', key)
      .where('status', '=', QUEUED)
      .executeTakeFirstOrThrow();
    return count;
  }

  private async lastPosition({ key }: SessionRow): Promise<number> {
    const last = await this.queries
      .selectFrom('runs')
      .select('position')
      .where('session', '=', key)
      .orderBy('position', 'desc')
      .limit(1)
      .executeTakeFirst();
    return (last?.position ?? 0) + 1;
  }

  /** Everything behind the run moves up by one. */
  private async roomBehind(runId: string, { key }: SessionRow): Promise<number> {
    const { position } = await this.queries
      .selectFrom('runs')
      .select('position')
      .where('id', '=', runId)
      .executeTakeFirstOrThrow();
    await this.queries
      .updateTable('runs')
      .set({ position: sql<number>`position + 1` })
      .where('session', '=', key)
      .where('position', '>', position)
      .execute();
    return position + 1;
  }

  /** A key may be used again after its time, also before it is purged. */
  private async forgetOldKey(idempotencyKey: string, { key }: SessionRow): Promise<void> {
    await this.queries
      .updateTable('runs')
      .set({ idempotency_key: null, key_until: null })
      .where('session', '=', key)
      .where('idempotency_key', '=', idempotencyKey)
      .where('key_until', '<=', statementTime)
      .execute();
  }

  private async insert(run: Run, key: string | undefined, session: SessionRow, position: number): Promise<void> {
    const { processId, leaseMilliseconds, keyTtlMilliseconds } = this.options;
    const isLeased = run.status === 'running';
    await this.queries
      .insertInto('runs')
      .values({
        id: run.id,
        session: session.key,
        session_id: run.sessionId,
        position,
        request_id: run.requestId,
        request: JSON.stringify(run.request),
        on_disconnect: run.onDisconnect,
        status: run.status,
        epoch: run.epoch,
        leased_to: isLeased ? processId : null,
        lease_until: isLeased ? fromNow(leaseMilliseconds) : null,
        created_at: run.createdAt,
        idempotency_key: key ?? null,
        key_until: key === undefined ? null : fromNow(keyTtlMilliseconds),
      })
      .execute();
  }

  private async touch({ key }: SessionRow, run: Run): Promise<void> {
    await this.queries
      .updateTable('sessions')
      .set({ message_count: sql<number>`message_count + 1`, updated_at: run.createdAt, used_at: now })
      .$if(run.status === 'running', (update) => update.set({ active_run: run.id }))
      .where('key', '=', key)
      .execute();
  }

  /** The first cause counts. Comes last: the writer's appends wait for this row. */
  private async interrupt(runId: string): Promise<void> {
    await this.queries
      .updateTable('runs')
      .set({ stop_cause: sql`coalesce(stop_cause, 'interrupted')` })
      .where('id', '=', runId)
      .where('status', '=', RUNNING)
      .execute();
  }
}
