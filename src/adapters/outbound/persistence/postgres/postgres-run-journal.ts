import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { TokenChunk } from '../../../../domain/token-chunk.js';
import { unlessDeleted } from '../farewell.js';
import type { JournalFeed } from '../journal-feed.js';
import type { JournalWriter } from './journal-writer.js';
import { isRefusal } from './lease-refusals.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { RunNews } from './run-news.js';
import type { StoreOptions } from './store-options.js';
import { before } from './store-time.js';
import { isThere } from './stored-session.js';

export class PostgresRunJournal implements RunJournal {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly writer: JournalWriter,
    private readonly feed: JournalFeed,
    private readonly news: RunNews,
    private readonly options: StoreOptions,
  ) {}

  /** There is always room. */
  async append(lease: RunLease, chunks: readonly TokenChunk[]): Promise<void> {
    if (chunks.length === 0) return;
    try {
      this.news.appended(lease.id, await this.writer.append(lease, chunks));
    } catch (error) {
      if (isRefusal(error)) this.news.writesNoMore(lease.id);
      throw error;
    }
  }

  async position(runId: string): Promise<JournalPosition> {
    const { journalTtlMilliseconds, sessionTtlMilliseconds } = this.options;
    const row = await this.database.queries
      .selectFrom('runs')
      .innerJoin('sessions', 'sessions.key', 'runs.session')
      .select(({ eb, and, or }) => [
        'runs.last_sequence',
        'runs.closed_at',
        and([
          eb('runs.journal_kept', '=', true),
          or([eb('runs.closed_at', 'is', null), eb('runs.closed_at', '>', before(journalTtlMilliseconds))]),
        ]).as('is_kept'),
      ])
      .where('runs.id', '=', runId)
      .where(isThere(sessionTtlMilliseconds))
      .executeTakeFirst();
    if (row === undefined) throw new RunNotFound(runId);
    if (!row.is_kept) throw new ResumeExpired(runId);
    return { last: row.last_sequence, ended: row.closed_at !== null };
  }

  /** Whoever reads already reads on, whatever becomes of the session. */
  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    await unlessDeleted(this.position(runId));
    await this.feed.read(runId, after, signal, take);
  }
}
