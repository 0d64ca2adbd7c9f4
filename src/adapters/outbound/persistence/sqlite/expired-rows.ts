import type { SQLInputValue } from 'node:sqlite';
import { countIn } from '../stored-fields.js';
import type { Expiry } from './expiry.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** How many rows one step deletes at most, so that nobody waits long for it. */
const MAX_ROWS = 200;

/** The file keeps free pages for later: a third of those in use, and 4 MiB. */
const KEPT_SHARE = 1 / 3;
const KEPT_PAGES = 1024;

/** The rows that nobody finds any more and that are still in the file. */
export class ExpiredRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
    private readonly followedRuns: () => readonly string[],
  ) {}

  /** Part of a step of the database. Returns whether there may be more to purge. */
  purgeSome(): boolean {
    return this.purgeKeys() || this.purgeJournal() || this.purgeSession() || this.giveBackPages();
  }

  /** Purges deleted sessions alone, when no readers are left. Returns whether there may be more. */
  purgeSomeDeleted(): boolean {
    const session = this.key('SELECT key FROM sessions WHERE id IS NULL LIMIT 1');
    return session !== undefined && this.deleteFrom(session);
  }

  private purgeKeys(): boolean {
    const deleted = this.database.run(
      `DELETE FROM idempotency_keys WHERE (session, key) IN
         (SELECT session, key FROM idempotency_keys WHERE kept_until <= ? LIMIT ${MAX_ROWS})`,
      this.expiry.now,
    );
    return deleted > 0;
  }

  private purgeJournal(): boolean {
    const run = this.key(
      'SELECT key FROM runs WHERE journal_purged = 0 AND closed_at <= ? LIMIT 1',
      this.expiry.purgedJournalHorizon,
    );
    if (run === undefined) return false;
    if (!this.deleteEvents(run)) this.database.run('UPDATE runs SET journal_purged = 1 WHERE key = ?', run);
    return true;
  }

  private purgeSession(): boolean {
    const session = this.expiredSession();
    return session !== undefined && this.deleteFrom(session);
  }

  private deleteFrom(session: number): boolean {
    const run = this.key('SELECT key FROM runs WHERE session = ? LIMIT 1', session);
    if (run !== undefined) {
      if (!this.deleteEvents(run)) this.database.run('DELETE FROM runs WHERE key = ?', run);
      return true;
    }
    this.database.run('DELETE FROM idempotency_keys WHERE session = ?', session);
    this.database.run('DELETE FROM shelves WHERE session = ?', session);
    this.database.run('DELETE FROM sessions WHERE key = ?', session);
    return true;
  }

  private expiredSession(): number | undefined {
    const deleted = 'SELECT key FROM sessions WHERE id IS NULL AND idle_since <= ? LIMIT 1';
    const unread = `SELECT key FROM sessions WHERE id IS NULL AND idle_since <= ? AND NOT EXISTS
      (SELECT 1 FROM runs WHERE session = sessions.key AND id IN (SELECT value FROM json_each(?))) LIMIT 1`;
    const idle = 'SELECT key FROM sessions WHERE id IS NOT NULL AND idle_since <= ? LIMIT 1';
    return (
      this.key(deleted, this.expiry.purgedDeletionHorizon) ??
      this.key(unread, this.expiry.farewellHorizon, JSON.stringify(this.followedRuns())) ??
      this.key(idle, this.expiry.purgedSessionHorizon)
    );
  }

  /** Deletes from the first event on, so that a reader notices. Returns whether there were any. */
  private deleteEvents(run: number): boolean {
    const deleted = this.database.run(
      `DELETE FROM journal WHERE run = ?
         AND sequence < (SELECT min(sequence) FROM journal WHERE run = ?) + ${MAX_ROWS}`,
      run,
      run,
    );
    return deleted > 0;
  }

  /** Makes the file smaller when it has grown far beyond what it holds. */
  private giveBackPages(): boolean {
    const counts = this.database.row(
      `SELECT freelist_count AS free, page_count - freelist_count AS used
       FROM pragma_freelist_count, pragma_page_count`,
    );
    const [free, used] = [countIn(counts ?? {}, 'free'), countIn(counts ?? {}, 'used')];
    if (free <= KEPT_PAGES + used * KEPT_SHARE) return false;
    // The pragma frees a page for each row that is read from it, and these rows are empty.
    Array.from(this.database.rows(`PRAGMA incremental_vacuum(${MAX_ROWS})`));
    return true;
  }

  private key(sql: string, ...values: readonly SQLInputValue[]): number | undefined {
    const row = this.database.row(sql, ...values);
    return row && countIn(row, 'key');
  }
}
