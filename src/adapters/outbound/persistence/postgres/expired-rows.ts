import type { PostgresDatabase } from './postgres-database.js';
import type { StoreOptions } from './store-options.js';
import { ago, NOW, STATEMENT_TIME } from './store-time.js';

/** How long the rows of a deleted session stay. This is longer than FAREWELL_MILLISECONDS, so that a reader comes to
 *  the ending even after the server was away for some time. */
const DELETED_MILLISECONDS = 120_000;

/** Marks expired sessions as deleted. Each statement here takes a limit and a time to keep, and passes over rows
 *  that another process has locked. */
const MARK_EXPIRED_SESSIONS = `
  update @sessions set deleted_at = ${NOW}, due_at = null where life = any(array(
    select life from @sessions where deleted_at is null and idle_since <= ${ago('$2')}
    order by idle_since limit $1 for update skip locked
  )) returning 1`;

/** Deletes the sessions, and with them their other rows. */
const PURGE_SESSIONS = `
  delete from @sessions where life = any(array(
    select life from @sessions where deleted_at <= ${ago('$2')} order by deleted_at limit $1 for update skip locked
  )) returning 1`;

const PURGE_JOURNALS = `
  with over as (
    select run from @journals where is_kept and closed_at is not null and closed_at <= ${ago('$2')}
    order by closed_at limit $1 for no key update skip locked
  ), purged as (
    delete from @events as events using over where events.run = over.run
  )
  update @journals as journals set is_kept = false from over where journals.run = over.run returning 1`;

const PURGE_KEYS = `
  delete from @keys where (session, key) in (
    select session, key from @keys where until <= ${STATEMENT_TIME} order by until limit $1 for update skip locked
  ) returning 1`;

const PURGE_READERS = `
  delete from @run_readers where (run, process) in (
    select run, process from @run_readers where until <= ${STATEMENT_TIME} order by until limit $1 for update skip locked
  ) returning 1`;

/** Deletes the oldest rows, at most `limit`, and returns how many it found. */
type Purge = (limit: number) => Promise<number>;

/** The rows that nobody finds any more, kind by kind. */
export class ExpiredRows {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly options: StoreOptions,
  ) {}

  get kinds(): readonly Purge[] {
    const { sessionTtlMilliseconds, journalTtlMilliseconds } = this.options;
    return [
      (limit) => this.count(MARK_EXPIRED_SESSIONS, [limit, sessionTtlMilliseconds]),
      (limit) => this.count(PURGE_SESSIONS, [limit, DELETED_MILLISECONDS]),
      (limit) => this.count(PURGE_JOURNALS, [limit, journalTtlMilliseconds]),
      (limit) => this.count(PURGE_KEYS, [limit]),
      (limit) => this.count(PURGE_READERS, [limit]),
    ];
  }

  private async count(text: string, values: readonly unknown[]): Promise<number> {
    return (await this.database.run(text, values)).length;
  }
}
