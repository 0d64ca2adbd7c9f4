import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { JournalledEvent } from '../../../../domain/run-event.js';
import { unlessDeleted } from '../farewell.js';
import type { JournalFeed } from '../journal-feed.js';
import { isRefusal } from './append-refusals.js';
import type { JournalWriter } from './journal-writer.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { RunNews } from './run-news.js';
import { isThere } from './session-rows.js';
import type { StoreOptions } from './store-options.js';
import { ago } from './store-time.js';

/** Takes a run, and how long sessions and journals are kept. */
const POSITION = `
  select journals.last_sequence as last, journals.closed_at is not null as ended,
    journals.is_kept and coalesce(journals.closed_at > ${ago('$3')}, true) as is_kept
  from @journals as journals join @sessions as sessions on sessions.life = journals.session
  where journals.run = $1 and ${isThere('$2')}`;

interface PositionRow {
  readonly last: number;
  readonly ended: boolean;
  readonly is_kept: boolean;
}

export class PostgresRunJournal implements RunJournal {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly writer: JournalWriter,
    private readonly feed: JournalFeed,
    private readonly news: RunNews,
    private readonly options: StoreOptions,
  ) {}

  /** The table always has room, so no append waits. */
  async append(lease: RunLease, chunks: readonly JournalledEvent[]): Promise<void> {
    if (chunks.length === 0) return;
    try {
      this.news.appended(lease.id, await this.writer.append(lease, chunks));
    } catch (error) {
      if (isRefusal(error)) this.news.writesNoMore(lease.id);
      throw error;
    }
  }

  async position(runId: string): Promise<JournalPosition> {
    const { sessionTtlMilliseconds, journalTtlMilliseconds } = this.options;
    const [row] = await this.database.run<PositionRow>(POSITION, [
      runId,
      sessionTtlMilliseconds,
      journalTtlMilliseconds,
    ]);
    if (row === undefined) throw new RunNotFound(runId);
    if (!row.is_kept) throw new ResumeExpired(runId);
    return { last: row.last, ended: row.ended };
  }

  /** A reader that has begun reads on, whatever becomes of the session. Runs that this process writes need no look. */
  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    if (!this.feed.isWrittenHere(runId)) await unlessDeleted(this.position(runId));
    await this.feed.read(runId, after, signal, take);
  }
}
