import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { JournalPage, JournalSource } from '../journal-feed.js';
import type { JournalRows } from './journal-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Reads journals as long as their rows are there. So a reader that has begun goes on after the run or its journal
 *  has expired, or its session was deleted. */
export class SqliteJournalSource implements JournalSource {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly journals: JournalRows,
  ) {}

  async page(runId: string, after: number): Promise<JournalPage> {
    return this.database.read(() => this.pageNow(runId, after));
  }

  private pageNow(runId: string, after: number): JournalPage {
    const journal = this.journals.find(runId);
    if (journal === undefined) throw new RunNotFound(runId);
    const events = this.journals.page(journal.run, after);
    const next = events[0]?.sequence ?? (journal.purged ? undefined : after + 1);
    if (next !== after + 1) throw new ResumeExpired(runId);
    return { events, ended: journal.ended };
  }
}
