import { type RawBuilder, sql } from 'kysely';
import type { PostgresDatabase } from './postgres-database.js';
import type { StoreOptions } from './store-options.js';
import { before, now, statementTime } from './store-time.js';
import type { Tables } from './tables.js';

/** How long the rest of a deleted session stays for those who were reading. */
const FAREWELL_MILLISECONDS = 120_000;

/** Removes the oldest of what is over, at most so many; returns how many there were. */
type Removal = (limit: number) => Promise<number>;

/** Everything that does not stay for ever. */
export class Removals {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly options: StoreOptions,
  ) {}

  get all(): readonly Removal[] {
    return [
      (limit) => this.buryExpiredSessions(limit),
      (limit) => this.removeBuriedSessions(limit),
      (limit) => this.removeJournals(limit),
      (limit) => this.removeKeys(limit),
      (limit) => this.removeReaders(limit),
    ];
  }

  private buryExpiredSessions(limit: number): Promise<number> {
    const { sessionTtlMilliseconds } = this.options;
    return this.count(sql`
      update ${this.table('sessions')} set deleted_at = ${now} where key = any(array(
        select key from ${this.table('sessions')}
        where deleted_at is null and active_run is null and used_at <= ${before(sessionTtlMilliseconds)}
        order by used_at limit ${limit} for update skip locked
      ))`);
  }

  /** With all that was theirs. */
  private removeBuriedSessions(limit: number): Promise<number> {
    return this.count(sql`
      delete from ${this.table('sessions')} where key = any(array(
        select key from ${this.table('sessions')} where deleted_at <= ${before(FAREWELL_MILLISECONDS)}
        order by deleted_at limit ${limit} for update skip locked
      ))`);
  }

  private removeJournals(limit: number): Promise<number> {
    return this.count(sql`
      with over as (
        select id from ${this.table('runs')}
        where journal_kept and closed_at is not null and closed_at <= ${before(this.options.journalTtlMilliseconds)}
        order by closed_at limit ${limit} for no key update skip locked
      ), removed as (
        delete from ${this.table('events')} as events using over where events.run = over.id
      )
      update ${this.table('runs')} as runs set journal_kept = false from over where runs.id = over.id`);
  }

  private removeKeys(limit: number): Promise<number> {
    return this.count(sql`
      update ${this.table('runs')} set idempotency_key = null, key_until = null where id = any(array(
        select id from ${this.table('runs')} where key_until <= ${statementTime}
        order by key_until limit ${limit} for no key update skip locked
      ))`);
  }

  private removeReaders(limit: number): Promise<number> {
    return this.count(sql`
      delete from ${this.table('run_readers')} where (run, process) in (
        select run, process from ${this.table('run_readers')} where until <= ${statementTime}
        order by until limit ${limit} for update skip locked
      )`);
  }

  private table(name: keyof Tables) {
    return this.database.table(name);
  }

  private async count(statement: RawBuilder<unknown>): Promise<number> {
    const { numAffectedRows = 0n } = await statement.execute(this.database.queries);
    return Number(numAffectedRows);
  }
}
