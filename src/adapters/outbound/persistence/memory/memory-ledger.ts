import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../../application/ports/clock.js';
import type {
  Committed,
  HeldSession,
  History,
  HistoryRange,
  JournalStand,
  ListedPosition,
  ListedSession,
  RecentRange,
  RecentSession,
  SessionLedger,
  Snapshot,
  Step,
  Wanted,
} from '../../../../application/ports/session-ledger.js';
import { Overloaded } from '../../../../domain/errors.js';
import type { RunBirth } from '../../../../domain/run.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import { numberedOn } from '../numbered-on.js';
import { dueAt, gapIn, type KeptRun, type KeptSession, newSession, runIn, snapshotOf } from './kept-session.js';
import { keyBytes, runBytes, SESSION_BYTES } from './memory-bytes.js';
import { MemoryEventLog } from './memory-event-log.js';
import { historyOf } from './memory-history.js';
import type { MemoryJournalBudget } from './memory-journal-budget.js';
import { newestFirst, recentIn } from './memory-orders.js';
import type { MemorySessions } from './memory-sessions.js';

/** The ledger of one process. Each step is synchronous, and so atomic. */
export class MemoryLedger implements SessionLedger {
  constructor(
    private readonly sessions: MemorySessions,
    private readonly budget: MemoryJournalBudget,
    private readonly clock: Clock,
    private readonly idempotencyTtlMilliseconds: number,
  ) {}

  async load(key: string, wanted: Wanted): Promise<Snapshot> {
    return snapshotOf(this.sessions.find(key, this.now()), wanted, this.now());
  }

  async commit(key: string, step: Step, wanted: Wanted): Promise<Committed> {
    const kept = this.sessions.find(key, this.now());
    if (kept?.revision === step.revision) return doneIn(kept, wanted);
    if (kept?.revision !== step.seen || this.isTooSoon(kept, step)) return this.refused(kept, undefined, wanted);
    const gap = kept && gapIn(kept, step.endings ?? []);
    if (gap !== undefined) return this.refused(kept, gap, wanted);
    const session = kept ?? newSession(key, step);
    this.keep(session, step);
    return doneIn(session, wanted);
  }

  async remove(key: string, seen: Snapshot, endings: readonly JournalEnding[]): Promise<boolean> {
    const kept = this.sessions.find(key, this.now());
    if (kept === undefined || kept.revision !== seen.revision) return false;
    this.close(kept, endings);
    this.sessions.remove(kept, this.now());
    return true;
  }

  async history(key: string, range: HistoryRange): Promise<History | undefined> {
    const kept = this.sessions.find(key, this.now());
    if (kept === undefined) return undefined;
    const queued = kept.head.queue.flatMap((runId) => kept.runs.get(runId) ?? []);
    return historyOf(kept.head, [...kept.turns, ...queued], range);
  }

  async list(shelf: string, limit: number, after: ListedPosition | undefined): Promise<readonly ListedSession[]> {
    // Where somebody goes through page by page, this process has its time between two of them.
    if (after !== undefined) await nextTurn();
    const listed: ListedSession[] = [];
    for (const { key, head } of this.sessions.on(shelf, this.now())) {
      const session = { key, head, createdAt: head.createdAt };
      if (after === undefined || newestFirst(session, after) > 0) listed.push(session);
    }
    return listed.sort(newestFirst).slice(0, limit);
  }

  async recent(shelf: string, limit: number, range: RecentRange): Promise<readonly RecentSession[]> {
    const sessions = Array.from(this.sessions.on(shelf, this.now()), ({ key, head }) => ({
      key,
      head,
      updatedAt: head.updatedAt,
    }));
    return recentIn(sessions, range).slice(0, limit);
  }

  async heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>> {
    const heads = new Map<string, SessionHead>();
    for (const key of keys) {
      const kept = this.sessions.find(key, this.now());
      if (kept !== undefined) heads.set(key, kept.head);
    }
    return heads;
  }

  async sessionOf(runId: string): Promise<string | undefined> {
    return this.sessions.findRun(runId, this.now())?.session.key;
  }

  async due(limit: number): Promise<readonly string[]> {
    const now = this.now();
    const due = [...this.sessions.all(now)].filter(({ dueAt }) => dueAt <= now);
    return due.slice(0, limit).map(({ key }) => key);
  }

  async renew(held: readonly HeldSession[], dueIn: number): Promise<readonly HeldSession[]> {
    return held.filter(({ key, fence }) => {
      const kept = this.sessions.find(key, this.now());
      if (kept?.fence !== fence) return true;
      kept.dueAt = this.now() + dueIn;
      return false;
    });
  }

  private refused(kept: KeptSession | undefined, gap: JournalStand | undefined, wanted: Wanted): Committed {
    return { done: false, gap, snapshot: snapshotOf(kept, wanted, this.now()) };
  }

  private isTooSoon(kept: KeptSession | undefined, { onlyIfDue }: Step): boolean {
    return onlyIfDue && kept !== undefined && kept.dueAt > this.now();
  }

  /** Throws Overloaded before it has changed anything. */
  private keep(session: KeptSession, step: Step): void {
    const { revision, head, fence, dueIn, isIdle, birth, endings = [], brought = [] } = step;
    if (birth !== undefined) this.makeRoomFor(birth, session, step);
    this.sessions.makeRoomForBrought(brought, session, this.now());
    if (step.seen === undefined) this.sessions.add(session);
    const now = this.now();
    this.sessions.keepHead(session, head);
    Object.assign(session, { revision, fence, isIdle, dueAt: dueAt(session, dueIn, now) });
    if (birth !== undefined) this.addRun(session, birth, step.key);
    this.sessions.addBrought(brought, session);
    this.makeTurns(session, step);
    this.close(session, endings);
    this.sessions.touch(session, now);
  }

  private makeTurns(session: KeptSession, { begun = [], outcomes = [] }: Step): void {
    for (const runId of begun) session.turns.push(...runIn(session, runId));
    for (const { runId, outcome, answer } of outcomes)
      for (const run of runIn(session, runId)) this.sessions.keepOutcome(run, outcome, answer);
  }

  private addRun(session: KeptSession, birth: RunBirth, key: string | undefined): void {
    const log = new MemoryEventLog(birth.id);
    const run = { session, record: { birth, outcome: undefined }, answer: '', log, journalBytes: 0 };
    this.sessions.addRun(run);
    if (key !== undefined) this.rememberKey(run, key);
  }

  /** Keys stand in the order in which they expire, so that a message need not look at all of them. */
  private rememberKey(run: KeptRun, key: string): void {
    const { session } = run;
    const now = this.now();
    this.forgetKey(key, session);
    for (const [other, { keptUntil }] of session.keys) {
      if (keptUntil > now) break;
      this.forgetKey(other, session);
    }
    session.keys.set(key, { run, keptUntil: now + this.idempotencyTtlMilliseconds });
    this.sessions.budget.count(session, keyBytes(key));
  }

  private forgetKey(key: string, session: KeptSession): void {
    if (session.keys.delete(key)) this.sessions.budget.count(session, -keyBytes(key));
  }

  private close(session: KeptSession, endings: readonly JournalEnding[]): void {
    for (const { runId, after, events } of endings) {
      for (const run of runIn(session, runId)) {
        run.log?.append(after === undefined ? numberedOn(events, run.log.last) : events);
        this.budget.close(run, this.now());
      }
    }
  }

  /** Throws Overloaded before it has changed anything. */
  private makeRoomFor(birth: RunBirth, session: KeptSession, { begun = [], seen, key }: Step): void {
    if (begun.includes(birth.id) && !this.budget.hasRoom(1))
      throw new Overloaded('The answers being written take all the memory there is for them; send the message again.');
    const bytes = (seen === undefined ? SESSION_BYTES : 0) + runBytes(birth) + keyBytes(key);
    this.sessions.makeRoomFor(bytes, session);
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

function doneIn({ head, runs }: KeptSession, wanted: Wanted): Committed {
  return { done: true, active: wanted.active && head.active ? runs.get(head.active.id)?.record : undefined };
}
