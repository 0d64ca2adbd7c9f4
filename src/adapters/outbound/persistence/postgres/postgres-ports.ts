import type { Store } from '../store.js';
import { JournalWriter } from './journal-writer.js';
import type { PostgresBackground } from './postgres-background.js';
import type { PostgresDatabase } from './postgres-database.js';
import { PostgresRunAudience } from './postgres-run-audience.js';
import { PostgresRunJournal } from './postgres-run-journal.js';
import { PostgresRunLeases } from './postgres-run-leases.js';
import { PostgresRunRepository } from './postgres-run-repository.js';
import { PostgresSessionRepository } from './postgres-session-repository.js';
import type { StoreOptions } from './store-options.js';

/** The ports over one database. */
export function postgresPorts(
  database: PostgresDatabase,
  { events, feed, stopWatch, news }: PostgresBackground,
  options: StoreOptions,
): Pick<Store, 'sessions' | 'runs' | 'journal' | 'leases' | 'audience'> {
  return {
    sessions: new PostgresSessionRepository(database, news, options),
    runs: new PostgresRunRepository(database, stopWatch, news, options),
    journal: new PostgresRunJournal(database, new JournalWriter(database, events), feed, news, options),
    leases: new PostgresRunLeases(database, news, options),
    audience: new PostgresRunAudience(database, options),
  };
}
