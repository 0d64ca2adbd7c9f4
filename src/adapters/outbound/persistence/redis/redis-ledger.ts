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
  Wanted,
} from '../../../../application/ports/session-ledger.js';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../../application/ports/session-repository.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import type { DueSessions } from './due-sessions.js';
import { committedIn, historyIn, snapshotIn } from './ledger-replies.js';
import type { RedisSystem } from './redis-system.js';
import { commitScript } from './scripts/commit.js';
import { historyScript } from './scripts/history.js';
import { loadScript } from './scripts/load.js';
import { removeScript } from './scripts/remove.js';
import { SessionBringing } from './session-bringing.js';
import type { SessionEntry } from './session-index.js';
import type { SessionList } from './session-list.js';
import { askedValues, endingValues, listed, stepValues } from './step-values.js';

export class RedisLedger implements SessionLedger {
  private readonly bringing: SessionBringing;

  constructor(
    private readonly redis: RedisSystem,
    private readonly sessions: SessionList,
    private readonly dueSessions: DueSessions,
  ) {
    this.bringing = new SessionBringing(redis);
  }

  async load(key: string, { runs = [], key: idempotencyKey, active = false }: Wanted): Promise<Snapshot> {
    const values = [active ? '1' : '', ...listed(runs)];
    return snapshotIn(await this.redis.scripts.run(loadScript, key, this.names(key, idempotencyKey), values));
  }

  async commit(key: string, step: Step, wanted: Wanted): Promise<Committed> {
    const { scripts, keys, times, index } = this.redis;
    const position = { key, createdAt: step.head.createdAt, isListed: step.shelves.includes('') };
    if (step.brought !== undefined) return this.bring(position, step, wanted);
    await this.announce(position, step);
    const values = stepValues(key, step, wanted, keys, times);
    const names = this.names(key, step.key ?? wanted.key);
    const { committed, isSooner } = committedIn(await scripts.run(commitScript, key, names, values));
    if (!committed.done) return committed;
    this.tell(step.endings ?? []);
    if (step.seen !== undefined && isUpdate(step))
      await index.moveUp([{ ...position, updatedAt: step.head.updatedAt }]);
    if (isSooner && step.birth === undefined) await index.postpone([position], Number(step.dueIn));
    return committed;
  }

  async remove(key: string, { revision, head }: Snapshot, endings: readonly JournalEnding[]): Promise<boolean> {
    const { scripts, keys, times, index } = this.redis;
    if (revision === undefined || head === undefined) return false;
    const journals = [keys.journals(key), keys.news, times.farewell];
    const values = [revision, ...journals, ...askedValues(head.active, keys), ...listed(head.queue)];
    const names = [keys.session(key)];
    if ((await scripts.run(removeScript, key, names, [...values, ...endingValues(endings)])) !== 1) return false;
    this.tell(endings);
    await index.forget({ key, createdAt: head.createdAt });
    return true;
  }

  async history(key: string, range: HistoryRange): Promise<History | undefined> {
    const { after = '', before = '', through = '', latest = false, limit = MAX_PAGE_TURNS } = range;
    const most = Math.min(limit, MAX_PAGE_TURNS);
    // A text never has fewer bytes than characters.
    const values = [after, before, through, latest ? '1' : '', most, MAX_PAGE_CHARACTERS];
    const names = [this.redis.keys.session(key)];
    const history = historyIn(await this.redis.scripts.run(historyScript, key, names, values));
    return history && latest ? { ...history, turns: history.turns.toReversed() } : history;
  }

  list(
    shelf: string,
    limit: number,
    after: ListedPosition | undefined,
    signal?: AbortSignal,
  ): Promise<readonly ListedSession[]> {
    return this.sessions.list(shelf, limit, after, signal);
  }

  recent(shelf: string, limit: number, range: RecentRange, signal?: AbortSignal): Promise<readonly RecentSession[]> {
    return this.sessions.recent(shelf, limit, range, signal);
  }

  heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>> {
    return this.sessions.heads(keys);
  }

  /** The directory alone proves nothing, since it outlives sessions. */
  async sessionOf(runId: string): Promise<string | undefined> {
    const key = await this.redis.directory.find(runId);
    return key !== undefined && (await this.redis.pages.hasRun(key, runId)) ? key : undefined;
  }

  due(limit: number): Promise<readonly string[]> {
    return this.dueSessions.due(limit);
  }

  renew(held: readonly HeldSession[], dueIn: number): Promise<readonly HeldSession[]> {
    return this.dueSessions.renew(held, dueIn);
  }

  /** Writes what must be there before the step is, at whatever moment this process may die. A run that is taken over
   *  is announced again, because the way to it may be lost. */
  private async announce(position: SessionEntry, step: Step): Promise<void> {
    const { birth, onlyIfDue, head } = step;
    const runId = birth?.id ?? (onlyIfDue ? head.active?.id : undefined);
    await Promise.all([
      runId === undefined ? undefined : this.redis.directory.announce(runId, position.key),
      birth === undefined ? undefined : this.announceDue(position, step),
    ]);
  }

  private async bring(position: SessionEntry, step: Step, wanted: Wanted): Promise<Committed> {
    const { key } = position;
    for (;;) {
      const isDone = await this.bringing.keep(key, step, () => this.announceDue(position, step));
      const snapshot = await this.load(key, wanted);
      if (isDone || snapshot.revision === step.revision) return { done: true, active: undefined };
      // Otherwise, whatever had the key is gone again.
      if (snapshot.revision !== step.seen) return { done: false, gap: undefined, snapshot };
    }
  }

  private async announceDue(position: SessionEntry, { seen, dueIn, shelves, head }: Step): Promise<void> {
    const { index, times } = this.redis;
    if (seen !== undefined && typeof dueIn !== 'number') return;
    const time = typeof dueIn === 'number' ? dueIn : times.lease;
    const besides = shelves.filter((name) => name !== '');
    await (seen === undefined
      ? index.announce(position, time, besides, head.updatedAt)
      : index.announce(position, time, []));
  }

  /** Tells the readers of this process. */
  private tell(endings: readonly JournalEnding[]): void {
    const { feed } = this.redis;
    for (const { runId, after, events } of endings) {
      if (after !== undefined) feed.appended(runId, events);
      feed.writesNoMore(runId);
      feed.changed(runId);
    }
  }

  private names(key: string, idempotencyKey: string | undefined): readonly string[] {
    const { keys } = this.redis;
    return [keys.session(key), keys.idempotencyKey(key, idempotencyKey)];
  }
}

/** A step updates a session when a message comes, a run ends, or a call is settled. */
function isUpdate({ birth, outcomes = [] }: Step): boolean {
  return birth !== undefined || outcomes.length > 0;
}
