import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { JournalGap, ResumeExpired } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { JournalledEvent } from '../../../../domain/run-event.js';
import { unlessDeleted } from '../farewell.js';
import type { JournalFeed } from '../journal-feed.js';
import type { JournalRows } from './journal-rows.js';
import type { OpenJournals } from './open-journals.js';
import type { SharedTransaction } from './shared-transaction.js';
import type { SqliteDatabase } from './sqlite-database.js';

export interface SqliteRunJournalParts {
  readonly database: SqliteDatabase;
  readonly writes: SharedTransaction;
  readonly journals: JournalRows;
  readonly open: OpenJournals;
  readonly feed: JournalFeed;
}

export class SqliteRunJournal implements RunJournal {
  constructor(private readonly parts: SqliteRunJournalParts) {}

  async append(lease: RunLease, chunks: readonly JournalledEvent[], _signal: AbortSignal): Promise<void> {
    const added = await this.parts.writes.write(() => this.add(lease, chunks));
    if (added.length > 0) this.parts.feed.appended(lease.id, added);
  }

  async position(runId: string): Promise<JournalPosition> {
    return this.parts.database.read(() => this.standing(runId));
  }

  /** Runs that this process writes need no look. */
  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    const { feed } = this.parts;
    if (!feed.isWrittenHere(runId)) await unlessDeleted(this.position(runId));
    await feed.read(runId, after, signal, take);
  }

  /** Returns the chunks that the journal did not have yet. */
  private add(lease: RunLease, chunks: readonly JournalledEvent[]): readonly JournalledEvent[] {
    const journal = this.parts.open.heldBy(lease);
    const { run, last } = journal;
    const first = chunks[0]?.sequence ?? last + 1;
    if (first > last + 1) throw new JournalGap(lease.id, last + 1, first);
    const added = first === last + 1 ? chunks : chunks.slice(last + 1 - first);
    this.parts.journals.append(run, added);
    journal.last = last + added.length;
    return added;
  }

  private standing(runId: string): JournalPosition {
    const { last, ended, expired } = this.parts.journals.get(runId);
    if (expired) throw new ResumeExpired(runId);
    return { last, ended };
  }
}
