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
import { unlessAborted } from '../../../../application/unless-aborted.js';
import { RunTaken } from '../../../../domain/bringing-errors.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import type { RunBirth } from '../../../../domain/run.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import type { RunRecord, SessionHead } from '../../../../domain/session-head.js';
import { readHead } from '../ledger-codec.js';
import { broughtStatements } from './brought-runs.js';
import type { Statement } from './parameters.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { RunNews } from './run-news.js';
import { DUE, HEADS, LOAD, LOAD_OR_ELSEWHERE, listOf, RELEASE, recentOf, SESSION_OF } from './session-reads.js';
import { recordOf, type SessionRow, snapshotOf } from './session-rows.js';
import { removalStatement, renewalStatement, STANDING_FENCES } from './session-writes.js';
import { type StepRow, stepStatement } from './step-statement.js';
import { isRaced } from './store-errors.js';
import type { StoreOptions } from './store-options.js';
import { historyOf, pageStatement, type TurnRow } from './turn-pages.js';

/** Each method is one statement, and so one round trip. A second statement finds out why a step was refused. */
export class PostgresLedger implements SessionLedger {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly news: RunNews,
    private readonly options: StoreOptions,
  ) {}

  async load(key: string, wanted: Wanted): Promise<Snapshot> {
    const { runs = [], active = false, elsewhere } = wanted;
    const values = [key, this.ttl, runs, wanted.key, active];
    const rows = await (elsewhere === undefined
      ? this.database.run<SessionRow>(LOAD, values)
      : this.database.run<SessionRow>(LOAD_OR_ELSEWHERE, [...values, elsewhere]));
    return snapshotOf(rows, wanted);
  }

  async commit(key: string, step: Step, wanted: Wanted): Promise<Committed> {
    const [row] = await this.make(key, step, wanted);
    if (row?.done) return this.done(step, recordOf(row));
    const snapshot = await this.load(key, wanted);
    // The step was made before, and its answer got lost.
    if (snapshot.revision === step.revision) return this.done(step, activeIn(snapshot));
    const gap = row?.gap ?? undefined;
    const stoodInTheWay = snapshot.revision !== step.seen || gap !== undefined || step.onlyIfDue;
    // What stood in the way is gone again.
    if (!stoodInTheWay) return this.commit(key, step, wanted);
    return { done: false, gap: gap === undefined ? undefined : { runId: gap, last: row?.last ?? 0 }, snapshot };
  }

  async remove(key: string, seen: Snapshot, endings: readonly JournalEnding[]): Promise<boolean> {
    const { revision, head } = seen;
    if (revision === undefined) return false;
    const { text, values } = removalStatement(key, revision, endings, this.ttl);
    const [row] = await this.database.run<{ readonly done: boolean }>(text, values);
    if (!row?.done) return false;
    for (const ending of endings) this.news.closed(ending);
    if (head?.active !== undefined) this.news.stopAsked(head.active);
    return true;
  }

  async history(key: string, range: HistoryRange): Promise<History | undefined> {
    const { text, values } = pageStatement(key, range, this.ttl);
    return historyOf(await this.database.run<TurnRow>(text, values));
  }

  async list(shelf: string, limit: number, after: ListedPosition | undefined, signal?: AbortSignal) {
    const listed = await this.listed(listOf(shelf, limit, after, this.ttl), signal);
    return listed.map(({ key, head }): ListedSession => ({ key, head, createdAt: head.createdAt }));
  }

  async recent(shelf: string, limit: number, range: RecentRange, signal?: AbortSignal) {
    const listed = await this.listed(recentOf(shelf, limit, range, this.ttl), signal);
    return listed.map(({ key, head }): RecentSession => ({ key, head, updatedAt: head.updatedAt }));
  }

  async heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>> {
    if (keys.length === 0) return new Map();
    const rows = await this.database.run<HeadRow>(HEADS, [keys, this.ttl]);
    return new Map(rows.map(({ key, head }) => [key, readHead(head)]));
  }

  async sessionOf(runId: string): Promise<string | undefined> {
    const [row] = await this.database.run<Pick<HeadRow, 'key'>>(SESSION_OF, [runId, this.ttl]);
    return row?.key;
  }

  async due(limit: number): Promise<readonly string[]> {
    const rows = await this.database.run<Pick<HeadRow, 'key'>>(DUE, [limit]);
    return rows.map(({ key }) => key);
  }

  async renew(held: readonly HeldSession[], dueIn: number): Promise<readonly HeldSession[]> {
    if (held.length === 0) return [];
    const { text, values } = renewalStatement(held, dueIn);
    const renewed = fencesIn(await this.database.run<FenceRow>(text, values));
    const others = held.filter(({ fence }) => !renewed.has(fence));
    if (others.length === 0) return [];
    const looked = [others.map(({ runId }) => runId), others.map(({ fence }) => fence)];
    const standing = fencesIn(await this.database.run<FenceRow>(STANDING_FENCES, looked));
    const lost = others.filter(({ fence }) => !standing.has(fence));
    for (const { runId } of lost) this.news.writesNoMore(runId);
    return lost;
  }

  private async make(key: string, step: Step, wanted: Wanted): Promise<readonly StepRow[]> {
    const statement = stepStatement(key, step, wanted.active ? step.head.active?.id : undefined, this.options);
    if (step.brought === undefined) return this.database.run<StepRow>(statement.text, statement.values);
    await this.release(step.brought);
    return this.bring(key, step, statement);
  }

  /** Begins the session, and writes its runs in as many statements as they take. Nobody sees any of it before all is
   *  there. */
  private async bring(key: string, step: Step, begun: Statement): Promise<readonly StepRow[]> {
    try {
      return await this.database.together<StepRow>(begun, broughtStatements(key, step), ([row]) => row?.done === true);
    } catch (error) {
      if (!isRaced(error)) throw error;
      await this.release(step.brought);
      throw new StoreUnavailable({ cause: error });
    }
  }

  /** Frees the ids of runs whose sessions are gone and not purged yet. Throws RunTaken where a living session has
   *  one of them. */
  private async release(brought: readonly RunBirth[] = []): Promise<void> {
    if (brought.length === 0) return;
    const runIds = brought.map(({ id }) => id);
    const [taken] = await this.database.run<{ readonly id: string }>(RELEASE, [runIds, this.ttl]);
    if (taken !== undefined) throw new RunTaken(taken.id);
  }

  private async listed({ text, values }: Statement, signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const listing = this.database.run<HeadRow>(text, values);
    const rows = await (signal === undefined ? listing : unlessAborted(listing, signal));
    return rows.map(({ key, head }) => ({ key, head: readHead(head) }));
  }

  private done(step: Step, active: RunRecord | undefined): Committed {
    const { head, birth, endings = [], asked } = step;
    for (const ending of endings) this.news.closed(ending);
    if (asked !== undefined) this.news.stopAsked(asked);
    const isNew = birth !== undefined && birth.id === head.active?.id;
    return { done: true, active: isNew ? { birth, outcome: undefined } : active };
  }

  private get ttl(): number {
    return this.options.sessionTtlMilliseconds;
  }
}

interface HeadRow {
  readonly key: string;
  readonly head: string;
}

interface FenceRow {
  readonly fence: string;
}

function fencesIn(rows: readonly FenceRow[]): ReadonlySet<string> {
  return new Set(rows.map(({ fence }) => fence));
}

function activeIn({ head, runs }: Snapshot): RunRecord | undefined {
  return runs.get(head?.active?.id ?? '');
}
