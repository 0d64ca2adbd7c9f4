import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  Committed,
  HeldSession,
  History,
  HistoryRange,
  ListedPosition,
  ListedSession,
  RecentRange,
  RecentSession,
  SessionLedger,
  Snapshot,
  Step,
  UpdatePlace,
  Wanted,
} from '../../../../application/ports/session-ledger.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import type { JournalFeed } from '../journal-feed.js';
import { readHead } from '../ledger-codec.js';
import { HistoryRows } from './history-rows.js';
import { LIST_ROWS } from './list-rows.js';
import { PageTurns } from './page-turns.js';
import type { RunRows } from './run-rows.js';
import type { SessionAlarms } from './session-alarms.js';
import type { SessionRows } from './session-rows.js';
import type { SharedTransaction } from './shared-transaction.js';
import type { SqliteDatabase } from './sqlite-database.js';
import type { SqlitePurge } from './sqlite-purge.js';
import type { EndedJournal, StepKeeping } from './step-keeping.js';

export interface SqliteLedgerParts {
  readonly database: SqliteDatabase;
  readonly writes: SharedTransaction;
  readonly sessions: SessionRows;
  readonly runs: RunRows;
  readonly steps: StepKeeping;
  readonly alarms: SessionAlarms;
  readonly feed: JournalFeed;
  readonly purge: SqlitePurge;
}

export class SqliteLedger implements SessionLedger {
  private readonly pageTurns = new PageTurns();

  constructor(private readonly parts: SqliteLedgerParts) {}

  async load(key: string, wanted: Wanted): Promise<Snapshot> {
    return this.read(({ sessions, runs }) => runs.snapshot(sessions.find(key), wanted));
  }

  async commit(key: string, step: Step, wanted: Wanted): Promise<Committed> {
    const { writes, steps, alarms } = this.parts;
    const keep = () => steps.keep(key, step, wanted);
    // A loss of power may take anything else, such as one more call of the model.
    const isPromised =
      step.birth !== undefined || step.brought !== undefined || step.endings !== undefined || step.asked !== undefined;
    const { committed, ended } = await (isPromised ? writes.writeThrough(keep) : writes.write(keep));
    if (ended === undefined) return committed;
    alarms.set(key, step.dueIn);
    this.tell(ended);
    return committed;
  }

  async remove(key: string, seen: Snapshot, endings: readonly JournalEnding[]): Promise<boolean> {
    const { writes, steps, alarms, purge } = this.parts;
    const ended = await writes.writeThrough(() => steps.remove(key, seen, endings));
    if (ended === undefined) return false;
    alarms.forget(key);
    this.tell(ended);
    await purge.afterDeletion();
    return true;
  }

  async history(key: string, range: HistoryRange): Promise<History | undefined> {
    await this.pageTurns.mine();
    return this.read(({ database, sessions }) => {
      const kept = sessions.find(key);
      return kept && new HistoryRows(database, kept).page(range);
    });
  }

  async list(
    shelf: string,
    limit: number,
    after: ListedPosition | undefined,
    signal?: AbortSignal,
  ): Promise<readonly ListedSession[]> {
    const listed: ListedSession[] = [];
    for (let last = after; ; await nextTurn()) {
      signal?.throwIfAborted();
      const behind = last;
      last = this.read(() => this.listSome(shelf, limit, behind, listed));
      if (last === undefined) return listed;
    }
  }

  async recent(shelf: string, limit: number, range: RecentRange, signal?: AbortSignal) {
    const found: RecentSession[] = [];
    for (let rest: RecentRange | undefined = range; rest !== undefined; await nextTurn()) {
      signal?.throwIfAborted();
      const here: RecentRange = rest;
      rest = this.read(() => this.recentSome(shelf, limit, here, found));
    }
    return found;
  }

  async heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>> {
    return this.read(({ sessions }) => {
      const kept = keys.map((key) => [key, sessions.find(key)?.head] as const);
      return new Map(kept.flatMap(([key, head]) => (head === undefined ? [] : [[key, readHead(head)]])));
    });
  }

  async sessionOf(runId: string): Promise<string | undefined> {
    return this.read(({ sessions }) => sessions.keyOfRun(runId));
  }

  async due(limit: number): Promise<readonly string[]> {
    const { sessions, alarms } = this.parts;
    return this.read(() => alarms.due(limit, (key) => sessions.find(key) !== undefined));
  }

  async renew(held: readonly HeldSession[], dueIn: number): Promise<readonly HeldSession[]> {
    return this.read(({ sessions, alarms }) => {
      const isLost = ({ key, fence }: HeldSession): boolean => sessions.find(key)?.fence !== fence;
      const lost = held.filter(isLost);
      for (const session of held) if (!lost.includes(session)) alarms.set(session.key, dueIn);
      return lost;
    });
  }

  /** Returns the position behind which the list goes on, and undefined when it is whole. */
  private listSome(
    shelf: string,
    limit: number,
    after: ListedPosition | undefined,
    listed: ListedSession[],
  ): ListedPosition | undefined {
    let looked = 0;
    for (const { key, createdAt, head, isLive } of this.parts.sessions.listed(shelf, after)) {
      looked += 1;
      if (isLive) listed.push({ key, createdAt, head: readHead(head) });
      if (listed.length === limit) return undefined;
      if (looked === LIST_ROWS) return { key, createdAt };
    }
    return undefined;
  }

  /** The same for the order of updates. */
  private recentSome(
    shelf: string,
    limit: number,
    range: RecentRange,
    found: RecentSession[],
  ): RecentRange | undefined {
    let looked = 0;
    for (const { key, updatedAt, head, isLive } of this.parts.sessions.recent(shelf, range)) {
      looked += 1;
      if (isLive) found.push({ key, updatedAt, head: readHead(head) });
      if (found.length === limit) return undefined;
      if (looked === LIST_ROWS) return restOf(range, { key, updatedAt });
    }
    return undefined;
  }

  private read<Result>(look: (parts: SqliteLedgerParts) => Result): Result {
    return this.parts.database.read(() => look(this.parts));
  }

  private tell(ended: readonly EndedJournal[]): void {
    const { feed } = this.parts;
    for (const { runId, events } of ended) {
      feed.appended(runId, events);
      feed.writesNoMore(runId);
    }
  }
}

/** The rest of a range behind a place. */
function restOf(range: RecentRange, place: UpdatePlace): RecentRange {
  return 'above' in range ? { above: place } : { below: place };
}
