import { randomUUID } from 'node:crypto';
import { KEY_MILLISECONDS } from '../../../../domain/repeats.js';
import { JournalFeed } from '../journal-feed.js';
import { storeOver } from '../ledger-store.js';
import { SoleAudience } from '../sole-audience.js';
import { StopWatch } from '../stop-watch.js';
import type { Store, StoreDependencies } from '../store.js';
import { ExpiredRows } from './expired-rows.js';
import { Expiry, type Lifetimes } from './expiry.js';
import { JournalRows } from './journal-rows.js';
import { OpenJournals } from './open-journals.js';
import { openSqliteFile } from './open-sqlite-file.js';
import { RunRows } from './run-rows.js';
import { SessionAlarms } from './session-alarms.js';
import { SessionRows } from './session-rows.js';
import { SharedTransaction } from './shared-transaction.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteJournalSource } from './sqlite-journal-source.js';
import { SqliteLedger } from './sqlite-ledger.js';
import { SqlitePurge } from './sqlite-purge.js';
import { SqliteRunJournal } from './sqlite-run-journal.js';
import type { SqliteSettings } from './sqlite-store.js';
import { StepKeeping } from './step-keeping.js';

export async function openSqliteStore(config: SqliteSettings, dependencies: StoreDependencies): Promise<Store> {
  const database = new SqliteDatabase(await openSqliteFile(config.STORE_URL));
  const lifetimes = {
    sessionMilliseconds: config.SESSION_TTL_S * 1000,
    journalMilliseconds: config.JOURNAL_TTL_S * 1000,
    idempotencyKeyMilliseconds: KEY_MILLISECONDS,
  };
  return sqliteStoreIn(database, lifetimes, dependencies);
}

/** The store in an open file. It closes the file. */
export function sqliteStoreIn(database: SqliteDatabase, lifetimes: Lifetimes, dependencies: StoreDependencies): Store {
  const { clock, log } = dependencies;
  const expiry = new Expiry(clock, lifetimes);
  const [sessions, runs, journals] = [
    new SessionRows(database, expiry),
    new RunRows(database, expiry),
    new JournalRows(database, expiry),
  ];
  const alarms = new SessionAlarms(sessions.withAlarm());
  const open = new OpenJournals(journals, sessions, runs);
  const steps = new StepKeeping({ sessions, runs, journals, open, alarms });
  const writes = new SharedTransaction(database, () => open.forgetAll());
  const feed = new JournalFeed(new SqliteJournalSource(database, journals));
  const purge = new SqlitePurge(database, new ExpiredRows(database, expiry, () => feed.followedRuns), log);
  const ledger = new SqliteLedger({ database, writes, sessions, runs, steps, alarms, feed, purge });
  purge.start();
  return storeOver(
    {
      ledger,
      journal: new SqliteRunJournal({ database, writes, journals, open, feed }),
      audience: new SoleAudience(),
      writer: randomUUID(),
      stops: new StopWatch({
        heads: (keys) => ledger.heads(keys),
        onError: (error) => log.error('stop requests cannot be read', { error }),
        hearsAll: true,
      }),
      feed,
      outlivesProcess: true,
      ready: async () => database.probe(),
      close: async () => {
        feed.close();
        writes.finish();
        purge.finish();
        database.close();
      },
    },
    dependencies,
  );
}
