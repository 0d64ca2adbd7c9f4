import { Overloaded, RunNotFound, SessionNotFound } from '../../../../domain/errors.js';
import { assistantMessage } from '../../../../domain/message.js';
import { endRun, type RunEnding, takeUp } from '../../../../domain/run.js';
import { endEvents } from '../../../../domain/run-event.js';
import { runBytes, SESSION_BYTES, textBytes } from './memory-bytes.js';
import { MemoryFarewells } from './memory-farewells.js';
import type { KeptJournal, MemoryJournalBudget } from './memory-journal-budget.js';
import type { RunRecord, SessionRecord } from './memory-record.js';
import type { MemorySessionBudget } from './memory-session-budget.js';

export interface MemoryLimits {
  readonly sessionTtlMilliseconds: number;
  readonly maxSessions: number;
  readonly leaseMilliseconds: number;
}

/** All that the memory store holds. Every step is synchronous, and so atomic. */
export class MemoryRecords {
  /** Idle for longest first. */
  private readonly sessions = new Map<string, SessionRecord>();
  private readonly runs = new Map<string, RunRecord>();
  private readonly running = new Set<RunRecord>();
  private readonly farewells: MemoryFarewells;

  constructor(
    private readonly limits: MemoryLimits,
    private readonly journals: MemoryJournalBudget,
    readonly budget: MemorySessionBudget,
  ) {
    this.farewells = new MemoryFarewells(journals);
  }

  all(now: number): Iterable<SessionRecord> {
    this.forgetExpired(now);
    return this.sessions.values();
  }

  findSession(id: string, now: number): SessionRecord | undefined {
    this.forgetExpired(now);
    return this.sessions.get(id);
  }

  session(id: string, now: number): SessionRecord {
    const session = this.findSession(id, now);
    if (session === undefined) throw new SessionNotFound(id);
    return session;
  }

  run(id: string, now: number): RunRecord {
    this.forgetExpired(now);
    const record = this.runs.get(id);
    if (record === undefined) throw new RunNotFound(id);
    return record;
  }

  findRun(id: string): RunRecord | undefined {
    return this.runs.get(id);
  }

  /** Those whose writer was not heard of for a whole lease time. */
  orphans(now: number): readonly RunRecord[] {
    return [...this.running].filter(({ leaseUntil }) => leaseUntil <= now);
  }

  /** The run gets a new writer. */
  takeUp(record: RunRecord, now: number): void {
    record.run = takeUp(record.run);
    this.lease(record, now);
  }

  lease(record: RunRecord, now: number): void {
    record.leaseUntil = now + this.limits.leaseMilliseconds;
    this.running.add(record);
  }

  /** The run is to be written, by whoever claims it. */
  handOver(record: RunRecord): void {
    record.run = { ...record.run, status: 'running' };
    record.leaseUntil = Number.NEGATIVE_INFINITY;
    this.running.add(record);
  }

  /** Throws Overloaded when a run that began now could write nothing. */
  checkJournalRoom(): void {
    if (this.journals.hasRoom(1)) return;
    throw new Overloaded('The answers being written take all the memory there is for them; send the message again.');
  }

  /** Forgets the sessions that have to go so that a message to `session` fits, those first that were idle longest. Throws
   *  Overloaded, and forgets none, where all that are idle would not be enough. */
  makeRoomFor(bytes: number, session: SessionRecord | undefined): void {
    const gone = this.budget.inTheWayOf(bytes, this.idle(session));
    if (!this.budget.hasRoom(bytes, gone)) {
      throw new Overloaded(
        'This session and those that are answering take all the memory there is for sessions; send the message again, ' +
          'or begin a new session.',
      );
    }
    for (const idle of gone) this.remove(idle);
  }

  newSession(id: string, at: Date): SessionRecord {
    this.makeRoom();
    const record = { id, createdAt: at, updatedAt: at, usedAt: at.getTime(), turns: [], keys: new Map() };
    const session = { ...record, active: undefined, messageCount: 0, bytes: 0 };
    this.budget.count(session, SESSION_BYTES);
    return session;
  }

  add(record: RunRecord): void {
    this.runs.set(record.run.id, record);
    this.budget.count(record.session, runBytes(record.run));
    this.touch(record.session, record.run.createdAt.getTime());
  }

  /** The run's ending, its message and the events of both. Who is next is the caller's concern. */
  end(record: RunRecord, ending: RunEnding, text: string): void {
    const { session, log } = record;
    record.run = endRun(record.run, ending);
    this.running.delete(record);
    record.answer = assistantMessage(record.run, text);
    if (record.answer !== undefined) session.messageCount += 1;
    this.keepAnswer(session, text);
    session.updatedAt = ending.at;
    log?.append(endEvents(ending, log.last + 1));
    this.journals.close(record, ending.at.getTime());
    if (this.sessions.get(session.id) === session) this.touch(session, ending.at.getTime());
  }

  /** Its runs must have ended. Their journals stay for those who found them before. */
  delete(session: SessionRecord, now: number): void {
    for (const record of session.turns) this.farewells.add(record.run.id, record, now);
    this.remove(session);
  }

  /** The journal of a run whose session was deleted a while ago. */
  leftOf(runId: string, now: number): KeptJournal | undefined {
    this.forgetExpired(now);
    return this.farewells.find(runId);
  }

  /** Also beyond the budget, for its readers have it: idle sessions go instead. */
  private keepAnswer(session: SessionRecord, text: string): void {
    this.budget.count(session, textBytes(text));
    for (const idle of this.budget.inTheWayOf(0, this.idle(session))) this.remove(idle);
  }

  private remove(session: SessionRecord): void {
    this.sessions.delete(session.id);
    this.budget.forget(session);
    for (const record of session.turns) {
      this.runs.delete(record.run.id);
      this.journals.forget(record);
    }
  }

  private touch(session: SessionRecord, now: number): void {
    session.usedAt = now;
    this.sessions.delete(session.id);
    this.sessions.set(session.id, session);
  }

  private forgetExpired(now: number): void {
    this.journals.forgetExpired(now);
    this.farewells.forgetExpired(now);
    for (const session of this.sessions.values()) {
      if (session.usedAt + this.limits.sessionTtlMilliseconds > now) return;
      if (session.active === undefined) this.remove(session);
    }
  }

  private makeRoom(): void {
    if (this.sessions.size < this.limits.maxSessions) return;
    const [idle] = this.idle();
    if (idle === undefined)
      throw new Overloaded('Every session that may be kept is answering a message; send the message again.');
    this.remove(idle);
  }

  /** Idle for longest first. Neither answers one of them, nor does a message wait in one. */
  private *idle(besides?: SessionRecord): Iterable<SessionRecord> {
    for (const session of this.sessions.values()) {
      if (session.active === undefined && session !== besides) yield session;
    }
  }
}
