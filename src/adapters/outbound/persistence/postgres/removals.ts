import type { PostgresDatabase } from './postgres-database.js';
import type { StoreOptions } from './store-options.js';
import { ago, NOW, STATEMENT_TIME } from './store-time.js';

/** How long the rows of a deleted session stay. It is longer than FAREWELL_MILLISECONDS, so that whoever reads a run
 *  comes to its ending also after a time in which the server was away. */
const BURIED_MILLISECONDS = 120_000;

/** Of a limit, and how long they are kept. What another process has in hand is passed over. */
const BURY_EXPIRED_SESSIONS = `
  update @sessions set deleted_at = ${NOW}, due_at = null where life = any(array(
    select life from @sessions where deleted_at is null and idle_since <= ${ago('$2')}
    order by idle_since limit $1 for update skip locked
  )) returning 1`;

/** With all that was theirs. */
const REMOVE_BURIED_SESSIONS = `
  delete from @sessions where life = any(array(
    select life from @sessions where deleted_at <= ${ago('$2')} order by deleted_at limit $1 for update skip locked
  )) returning 1`;

const REMOVE_JOURNALS = `
  with over as (
    select run from @journals where is_kept and closed_at is not null and closed_at <= ${ago('$2')}
    order by closed_at limit $1 for no key update skip locked
  ), removed as (
    delete from @events as events using over where events.run = over.run
  )
  update @journals as journals set is_kept = false from over where journals.run = over.run returning 1`;

/** Of a limit. */
const REMOVE_KEYS = `
  delete from @keys where (session, key) in (
    select session, key from @keys where until <= ${STATEMENT_TIME} order by until limit $1 for update skip locked
  ) returning 1`;

const REMOVE_READERS = `
  delete from @run_readers where (run, process) in (
    select run, process from @run_readers where until <= ${STATEMENT_TIME} order by until limit $1 for update skip locked
  ) returning 1`;

/** Removes the oldest of what is over, at most so many; returns how many there were. */
type Removal = (limit: number) => Promise<number>;

/** Everything that does not stay for ever. */
export class Removals {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly options: StoreOptions,
  ) {}

  get all(): readonly Removal[] {
    const { sessionTtlMilliseconds, journalTtlMilliseconds } = this.options;
    return [
      (limit) => this.count(BURY_EXPIRED_SESSIONS, [limit, sessionTtlMilliseconds]),
      (limit) => this.count(REMOVE_BURIED_SESSIONS, [limit, BURIED_MILLISECONDS]),
      (limit) => this.count(REMOVE_JOURNALS, [limit, journalTtlMilliseconds]),
      (limit) => this.count(REMOVE_KEYS, [limit]),
      (limit) => this.count(REMOVE_READERS, [limit]),
    ];
  }

  private async count(text: string, values: readonly unknown[]): Promise<number> {
    return (await this.database.run(text, values)).length;
  }
}
