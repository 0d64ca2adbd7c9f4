import { setImmediate as nextTick } from 'node:timers/promises';
import type {
  AcceptedTurn,
  NewTurn,
  SessionPosition,
  SessionRepository,
} from '../../../../application/ports/session-repository.js';
import { IdempotencyMismatch, Overloaded, SessionNotFound } from '../../../../domain/errors.js';
import { assistantMessage, type Message, userMessage } from '../../../../domain/message.js';
import { isSameRequest, type Run, takeUp } from '../../../../domain/run.js';
import { type Place, placeOf, type Session } from '../../../../domain/session.js';
import type { LocalRuns } from './local-runs.js';
import type { EndedRun, Records } from './records.js';
import type { StoredSession } from './session-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';
import type { SqlitePurge } from './sqlite-purge.js';
import type { StoredRun } from './stored-run.js';

export class SqliteSessionRepository implements SessionRepository {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly records: Records,
    private readonly local: LocalRuns,
    private readonly purge: SqlitePurge,
  ) {}

  async accept(turn: NewTurn): Promise<AcceptedTurn> {
    const { run, replayed, interrupted } = this.database.writeThrough(() => this.acceptOnce(turn));
    if (!replayed && run.status === 'running') this.local.takeUp(run.id);
    if (interrupted !== undefined) this.local.stops.asked(interrupted);
    return { run, replayed };
  }

  async findAccepted(turn: NewTurn): Promise<Run | undefined> {
    return this.database.read(() => {
      const session = this.records.sessions.find(turn.run.sessionId);
      return session && this.startedBy(turn, session);
    });
  }

  async find(sessionId: string): Promise<Session> {
    return this.database.read(() => this.records.sessions.get(sessionId).session);
  }

  async list(limit: number, after: SessionPosition | undefined): Promise<readonly Session[]> {
    return this.database.read(() => this.records.sessions.list(limit, after).map(({ session }) => session));
  }

  async *messages(sessionId: string, upToRun?: string): AsyncGenerator<readonly Message[]> {
    let page = this.page(sessionId, undefined, upToRun);
    if (page.length === 0) throw new SessionNotFound(sessionId);
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      yield page.flatMap((turn) => (turn.run.id === upToRun ? [userMessage(turn.run)] : messagesOf(turn)));
      // The file is read at once, so this process has its time here.
      await nextTick();
      page = this.page(sessionId, last.run.id, upToRun);
    }
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    for (const { run, events } of this.database.writeThrough(() => this.remove(sessionId, at))) {
      this.local.end(run.id, events);
      this.local.stops.asked(run.id);
    }
    await this.purge.afterDeletion();
  }

  private page(sessionId: string, after: string | undefined, upToRun: string | undefined): readonly StoredRun[] {
    return this.database.read(() => {
      if (after !== undefined) this.records.sessions.get(sessionId);
      return this.records.runs.history(sessionId, after, upToRun);
    });
  }

  private acceptOnce(turn: NewTurn): Acceptance {
    const { sessions, runs } = this.records;
    const accepted = runs.find(turn.run.id);
    if (accepted !== undefined) return { run: accepted.run, replayed: false };
    const known = sessions.find(turn.run.sessionId);
    const earlier = known && this.startedBy(turn, known);
    if (earlier !== undefined) return { run: earlier, replayed: true };
    const place = known ? placeOf(known.session, turn.onBusy, turn.queueLimit) : 'now';
    if (place === 'now' && turn.replicaIsFull)
      throw new Overloaded('This replica is writing as many answers as it can; send the message again.');
    const session = known?.key ?? sessions.create(turn.run.sessionId, turn.run.createdAt);
    const taken = this.takePlace(turn.run, session, place);
    sessions.use(session, turn.run.createdAt, 1);
    if (turn.idempotencyKey !== undefined) sessions.rememberKey(session, turn.idempotencyKey, turn.run.id);
    return { ...taken, replayed: false };
  }

  private startedBy({ idempotencyKey, run }: NewTurn, { key }: StoredSession): Run | undefined {
    const started = idempotencyKey === undefined ? undefined : this.records.runs.startedBy(key, idempotencyKey);
    if (started !== undefined && !isSameRequest(started.run, run.request)) throw new IdempotencyMismatch();
    return started?.run;
  }

  private takePlace(queued: Run, session: number, place: Place): { run: Run; interrupted?: string } {
    const { runs } = this.records;
    const active = place === 'next' ? runs.active(session) : undefined;
    if (active !== undefined) {
      runs.save({ ...active.run, stopCause: active.run.stopCause ?? 'interrupted' });
      runs.insertBehind(active, queued);
      return { run: queued, interrupted: active.run.id };
    }
    const run = place === 'now' ? takeUp(queued) : queued;
    runs.insertLast(run, session);
    return { run };
  }

  private remove(sessionId: string, at: Date): readonly EndedRun[] {
    const { key } = this.records.sessions.get(sessionId);
    const ending = { finishReason: 'cancelled', usage: undefined, error: undefined, at } as const;
    const ended = this.records.runs.open(key).map((run) => this.records.end(run, ending, ''));
    this.records.sessions.remove(key);
    return ended;
  }
}

interface Acceptance extends AcceptedTurn {
  /** The run that was asked to stop. */
  readonly interrupted?: string;
}

function messagesOf({ run, answer }: StoredRun): readonly Message[] {
  const reply = assistantMessage(run, answer ?? '');
  return reply === undefined ? [userMessage(run)] : [userMessage(run), reply];
}
