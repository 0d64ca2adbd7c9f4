import type { Clock } from '../../../../application/ports/clock.js';
import type {
  AcceptedTurn,
  NewTurn,
  SessionPosition,
  SessionRepository,
} from '../../../../application/ports/session-repository.js';
import { IdempotencyMismatch, Overloaded, SessionNotFound } from '../../../../domain/errors.js';
import { type Message, userMessage } from '../../../../domain/message.js';
import { isEnded, isSameRequest, type Run } from '../../../../domain/run.js';
import { type Session, type Turn, turnOf } from '../../../../domain/session.js';
import { pagesOf } from '../history-pages.js';
import { keyBytes, runBytes, SESSION_BYTES } from './memory-bytes.js';
import { MemoryEventLog } from './memory-event-log.js';
import { askToStop, queueOf, type RunRecord, type SessionRecord } from './memory-record.js';
import type { MemoryRecords } from './memory-records.js';
import { MemoryStopRequest } from './memory-stop-request.js';

export class MemorySessionRepository implements SessionRepository {
  constructor(
    private readonly records: MemoryRecords,
    private readonly clock: Clock,
    private readonly idempotencyTtlMilliseconds: number,
  ) {}

  async accept(turn: NewTurn): Promise<AcceptedTurn> {
    const accepted = this.records.findRun(turn.run.id);
    if (accepted !== undefined) return { run: accepted.run, replayed: false };
    const known = this.records.findSession(turn.run.sessionId, this.now());
    const earlier = known && this.startedBy(turn, known);
    if (earlier !== undefined) return { run: earlier, replayed: true };
    const place = known ? turnOf(toSession(known), turn.onBusy, turn.queueLimit) : 'now';
    if (place === 'now') this.checkRoom(turn);
    this.records.makeRoomFor(bytesOf(turn, known), known);
    const session = known ?? this.records.newSession(turn.run.sessionId, turn.run.createdAt);
    return { run: this.add(turn, session, place).run, replayed: false };
  }

  async findAccepted(turn: NewTurn): Promise<Run | undefined> {
    const session = this.records.findSession(turn.run.sessionId, this.now());
    return session && this.startedBy(turn, session);
  }

  async find(sessionId: string): Promise<Session> {
    return toSession(this.records.session(sessionId, this.now()));
  }

  async list(limit: number, after: SessionPosition | undefined): Promise<readonly Session[]> {
    const sessions = [...this.records.all(this.now())].sort(newestFirst);
    const rest = after === undefined ? sessions : sessions.filter((session) => newestFirst(session, after) > 0);
    return rest.slice(0, limit).map(toSession);
  }

  async *messages(sessionId: string, upToRun?: string): AsyncGenerator<readonly Message[]> {
    const session = this.records.session(sessionId, this.now());
    for (const page of pagesOf(turnsUpTo(session.turns, upToRun))) {
      if (this.records.findSession(sessionId, this.now()) !== session) throw new SessionNotFound(sessionId);
      yield page;
    }
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    const session = this.records.session(sessionId, this.now());
    for (const record of session.turns.filter(({ run }) => !isEnded(run))) {
      this.records.end(record, { finishReason: 'cancelled', usage: undefined, error: undefined, at }, '');
      record.stop.ask('cancelled');
    }
    this.records.delete(session, this.now());
  }

  private checkRoom({ replicaIsFull }: NewTurn): void {
    if (replicaIsFull)
      throw new Overloaded('This replica is writing as many answers as it can; send the message again.');
    this.records.checkJournalRoom();
  }

  private startedBy(turn: NewTurn, session: SessionRecord): Run | undefined {
    const key = turn.idempotencyKey === undefined ? undefined : session.keys.get(turn.idempotencyKey);
    if (key === undefined || key.keptUntil <= this.now()) return undefined;
    if (!isSameRequest(key.run.run, turn.run.request)) throw new IdempotencyMismatch();
    return key.run.run;
  }

  private add(turn: NewTurn, session: SessionRecord, place: Turn): RunRecord {
    const record: RunRecord = {
      run: turn.run,
      answer: undefined,
      session,
      next: undefined,
      stop: new MemoryStopRequest(),
      log: new MemoryEventLog(turn.run.id),
      journalBytes: 0,
      leaseUntil: 0,
    };
    this.takePlace(record, place);
    session.messageCount += 1;
    session.updatedAt = turn.run.createdAt;
    this.rememberKey(turn, record);
    this.records.add(record);
    return record;
  }

  private takePlace(record: RunRecord, place: Turn): void {
    const { session } = record;
    if (place === 'next' && session.active !== undefined) {
      session.turns.splice(session.turns.lastIndexOf(session.active) + 1, 0, record);
      askToStop(session.active, 'interrupted');
      return;
    }
    session.turns.push(record);
    if (place === 'last') return;
    this.records.takeUp(record, this.now());
    session.active = record;
  }

  private rememberKey({ idempotencyKey }: NewTurn, run: RunRecord): void {
    if (idempotencyKey === undefined) return;
    const { keys } = run.session;
    // Also this one, so that they stand in the order of time.
    for (const [key, { keptUntil }] of keys) if (keptUntil <= this.now()) this.forgetKey(key, run.session);
    keys.set(idempotencyKey, { run, keptUntil: this.now() + this.idempotencyTtlMilliseconds });
    this.records.budget.count(run.session, keyBytes(idempotencyKey));
  }

  private forgetKey(key: string, session: SessionRecord): void {
    session.keys.delete(key);
    this.records.budget.count(session, -keyBytes(key));
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

function bytesOf({ run, idempotencyKey }: NewTurn, session: SessionRecord | undefined): number {
  return (session === undefined ? SESSION_BYTES : 0) + runBytes(run) + keyBytes(idempotencyKey);
}

function toSession(record: SessionRecord): Session {
  const { id, createdAt, updatedAt, messageCount, active } = record;
  return { id, createdAt, updatedAt, messageCount, activeRunId: active?.run.id, queuedRuns: queueOf(record).length };
}

function newestFirst(left: SessionPosition, right: SessionPosition): number {
  const byTime = right.createdAt.getTime() - left.createdAt.getTime();
  if (byTime !== 0) return byTime;
  return left.id < right.id ? -1 : Number(left.id > right.id);
}

/** Each turn with its messages. */
function* turnsUpTo(turns: readonly RunRecord[], upToRun: string | undefined): Generator<readonly Message[]> {
  for (const { run, answer } of [...turns]) {
    const isLast = run.id === upToRun;
    yield answer === undefined || isLast ? [userMessage(run)] : [userMessage(run), answer];
    if (isLast) return;
  }
}
