import { RunTaken } from '../../../../domain/bringing-errors.js';
import { Overloaded } from '../../../../domain/errors.js';
import type { RunBirth } from '../../../../domain/run.js';
import type { RunOutcome, SessionHead } from '../../../../domain/session-head.js';
import type { KeptRun, KeptSession } from './kept-session.js';
import { labelBytes, outcomeBytes, runBytes, SESSION_BYTES } from './memory-bytes.js';
import { MemoryFarewells } from './memory-farewells.js';
import type { KeptJournal, MemoryJournalBudget } from './memory-journal-budget.js';
import type { MemorySessionBudget } from './memory-session-budget.js';
import { MemoryShelves } from './memory-shelves.js';

export interface MemoryLimits {
  readonly sessionTtlMilliseconds: number;
  readonly maxSessions: number;
}

/** The sessions of this process. An idle one goes when its time is over, or when another one needs its room. */
export class MemorySessions {
  /** The session that was used longest ago comes first. */
  private readonly sessions = new Map<string, KeptSession>();
  private readonly runs = new Map<string, KeptRun>();
  private readonly shelves = new MemoryShelves();
  private readonly farewells: MemoryFarewells;

  constructor(
    private readonly limits: MemoryLimits,
    private readonly journals: MemoryJournalBudget,
    readonly budget: MemorySessionBudget,
  ) {
    this.farewells = new MemoryFarewells(journals);
  }

  all(now: number): Iterable<KeptSession> {
    this.purge(now);
    return this.sessions.values();
  }

  /** The sessions on a shelf. */
  on(shelf: string, now: number): Iterable<KeptSession> {
    this.purge(now);
    return this.shelves.on(shelf);
  }

  find(key: string, now: number): KeptSession | undefined {
    this.purge(now);
    return this.sessions.get(key);
  }

  findRun(runId: string, now: number): KeptRun | undefined {
    this.purge(now);
    return this.runs.get(runId);
  }

  /** The journal of a run, also for a while after its session was deleted. */
  findJournal(runId: string, now: number): KeptJournal | undefined {
    return this.findRun(runId, now) ?? this.farewells.find(runId);
  }

  /** Throws Overloaded when every session that may be kept is in use. */
  add(session: KeptSession): void {
    this.makeRoom();
    this.sessions.set(session.key, session);
    this.shelves.put(session);
    this.budget.count(session, SESSION_BYTES);
  }

  addRun(run: KeptRun): void {
    const { id } = run.record.birth;
    run.session.runs.set(id, run);
    this.budget.count(run.session, runBytes(run.record.birth));
    this.runs.set(id, run);
  }

  /** Runs from elsewhere come without journals. */
  addBrought(births: readonly RunBirth[], session: KeptSession): void {
    for (const birth of births)
      this.addRun({ session, record: { birth, outcome: undefined }, answer: '', log: undefined, journalBytes: 0 });
  }

  /** Throws Overloaded or RunTaken before it has changed anything. */
  makeRoomForBrought(births: readonly RunBirth[], session: KeptSession, now: number): void {
    if (births.length === 0) return;
    const taken = births.find(({ id }) => this.findRun(id, now) !== undefined);
    if (taken !== undefined) throw new RunTaken(taken.id);
    const bytes = births.reduce((sum, birth) => sum + runBytes(birth), SESSION_BYTES);
    this.makeRoomFor(bytes, session);
  }

  /** Forgets idle sessions until a message to `session` fits, beginning with the one that was idle longest. Throws
   *  Overloaded, and forgets none, where all idle ones are not enough. */
  makeRoomFor(bytes: number, session: KeptSession): void {
    const gone = this.budget.inTheWayOf(bytes, this.idle(session));
    if (!this.budget.hasRoom(bytes, gone)) {
      throw new Overloaded(
        'This session and those that are answering take all the memory there is for sessions; send the message again, ' +
          'or begin a new session.',
      );
    }
    for (const idle of gone) this.forget(idle);
  }

  /** Keeps the outcome even beyond the budget, because readers have seen the answer already. Idle sessions make room
   *  for it. */
  keepOutcome(run: KeptRun, outcome: RunOutcome, answer: string): void {
    const before = outcomeBytes(run.record.outcome, run.answer);
    run.record = { ...run.record, outcome };
    run.answer = answer;
    this.budget.count(run.session, outcomeBytes(outcome, answer) - before);
    for (const idle of this.budget.inTheWayOf(0, this.idle(run.session))) this.forget(idle);
  }

  /** Keeps the head even beyond the budget, because it is small. */
  keepHead(session: KeptSession, head: SessionHead): void {
    const isSame = session.head.title === head.title && session.head.metadata === head.metadata;
    if (!isSame) this.budget.count(session, labelBytes(head) - labelBytes(session.head));
    session.head = head;
  }

  /** The time until the session expires begins anew. */
  touch(session: KeptSession, now: number): void {
    session.usedAt = now;
    this.sessions.delete(session.key);
    this.sessions.set(session.key, session);
  }

  /** The journals stay for readers that found them before. */
  remove(session: KeptSession, now: number): void {
    for (const [runId, run] of session.runs) this.farewells.add(runId, run, now);
    this.forget(session);
  }

  private forget(session: KeptSession): void {
    this.sessions.delete(session.key);
    this.shelves.remove(session);
    this.budget.forget(session);
    for (const [runId, run] of session.runs) {
      this.runs.delete(runId);
      this.journals.forget(run);
    }
  }

  private purge(now: number): void {
    this.journals.purge(now);
    this.farewells.purge(now);
    for (const session of this.sessions.values()) {
      if (session.usedAt + this.limits.sessionTtlMilliseconds > now) return;
      if (session.isIdle) this.forget(session);
    }
  }

  private makeRoom(): void {
    if (this.sessions.size < this.limits.maxSessions) return;
    const [idle] = this.idle();
    if (idle === undefined)
      throw new Overloaded('Every session that may be kept is answering a message; send the message again.');
    this.forget(idle);
  }

  /** The sessions that neither answer nor have a message waiting. The one that was idle longest comes first. */
  private *idle(besides?: KeptSession): Iterable<KeptSession> {
    for (const session of this.sessions.values()) if (session.isIdle && session !== besides) yield session;
  }
}
