import { z } from 'zod';
import type { Expiry } from './expiry.js';
import type { SqliteDatabase, Values } from './sqlite-database.js';

/** What one step takes at most, so that nobody waits for it. */
const MAX_ROWS = 200;

/** How many free pages the file keeps for what is to come: a third of those in use, and 4 MiB. */
const KEPT_SHARE = 1 / 3;
const KEPT_PAGES = 1024;

/** What nobody finds any more and is still in the file. */
export class ExpiredRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
    private readonly followedRuns: () => readonly string[],
  ) {}

  /** Part of a step of the database. Returns whether there may be more. */
  deleteSome(): boolean {
    return this.deleteKeys() || this.deleteJournal() || this.deleteSession() || this.giveBackPages();
  }

  /** The same for sessions that were deleted, when nobody reads any more. */
  deleteSomeDeleted(): boolean {
    const session = this.key('SELECT key FROM sessions WHERE id IS NULL LIMIT 1', {});
    return session !== undefined && this.deleteFrom(session);
  }

  private deleteKeys(): boolean {
    const deleted = this.database.run(
      `DELETE FROM idempotency_keys WHERE (session, key) IN
         (SELECT session, key FROM idempotency_keys WHERE kept_until <= :now LIMIT ${MAX_ROWS})`,
      { now: this.expiry.now },
    );
    return deleted > 0;
  }

  private deleteJournal(): boolean {
    const run = this.key('SELECT key FROM runs WHERE journal_purged = 0 AND closed_at <= :horizon LIMIT 1', {
      horizon: this.expiry.purgedJournalHorizon,
    });
    if (run === undefined) return false;
    if (!this.deleteEvents(run)) this.database.run('UPDATE runs SET journal_purged = 1 WHERE key = :run', { run });
    return true;
  }

  private deleteSession(): boolean {
    const session = this.expiredSession();
    return session !== undefined && this.deleteFrom(session);
  }

  private deleteFrom(session: number): boolean {
    const run = this.key('SELECT key FROM runs WHERE session = :session LIMIT 1', { session });
    if (run !== undefined) {
      if (!this.deleteEvents(run)) this.database.run('DELETE FROM runs WHERE key = :run', { run });
      return true;
    }
    this.database.run('DELETE FROM idempotency_keys WHERE session = :session', { session });
    this.database.run('DELETE FROM sessions WHERE key = :session', { session });
    return true;
  }

  private expiredSession(): number | undefined {
    const deleted = 'SELECT key FROM sessions WHERE id IS NULL AND idle_since <= :horizon LIMIT 1';
    const unread = `SELECT key FROM sessions WHERE id IS NULL AND idle_since <= :horizon AND NOT EXISTS
      (SELECT 1 FROM runs WHERE session = sessions.key AND id IN (SELECT value FROM json_each(:read))) LIMIT 1`;
    const idle = 'SELECT key FROM sessions WHERE id IS NOT NULL AND idle_since <= :horizon LIMIT 1';
    return (
      this.key(deleted, { horizon: this.expiry.purgedDeletionHorizon }) ??
      this.key(unread, { horizon: this.expiry.farewellHorizon, read: JSON.stringify(this.followedRuns()) }) ??
      this.key(idle, { horizon: this.expiry.purgedSessionHorizon })
    );
  }

  /** From the first on, so that a reader notices. Returns whether there were any. */
  private deleteEvents(run: number): boolean {
    const deleted = this.database.run(
      `DELETE FROM journal WHERE run = :run
         AND sequence < (SELECT min(sequence) FROM journal WHERE run = :run) + ${MAX_ROWS}`,
      { run },
    );
    return deleted > 0;
  }

  /** Makes the file smaller when it has grown far beyond what it holds. */
  private giveBackPages(): boolean {
    const { free, used } = pageCounts.parse(
      this.database.row(
        `SELECT freelist_count AS free, page_count - freelist_count AS used
         FROM pragma_freelist_count, pragma_page_count`,
      ),
    );
    if (free <= KEPT_PAGES + used * KEPT_SHARE) return false;
    this.database.rows(`PRAGMA incremental_vacuum(${MAX_ROWS})`);
    return true;
  }

  private key(sql: string, values: Values): number | undefined {
    const row = this.database.row(sql, values);
    return row === undefined ? undefined : keyRow.parse(row).key;
  }
}

const keyRow = z.object({ key: z.number() });
const pageCounts = z.object({ free: z.number(), used: z.number() });
