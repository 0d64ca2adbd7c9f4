import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { JournalFeed } from '../journal-feed.js';
import { SoleAudience } from '../sole-audience.js';
import { StopWatch } from '../stop-watch.js';
import { defineStore, type Store, type StoreDependencies } from '../store.js';
import { ExpiredRows } from './expired-rows.js';
import { Expiry, type Lifetimes } from './expiry.js';
import { HeldLeases } from './held-leases.js';
import { LocalRuns } from './local-runs.js';
import { openSqliteFile } from './open-sqlite-file.js';
import { Records } from './records.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteJournalSource } from './sqlite-journal-source.js';
import { sqlitePath } from './sqlite-path.js';
import { SqlitePurge } from './sqlite-purge.js';
import { SqliteRunJournal } from './sqlite-run-journal.js';
import { SqliteRunLeases } from './sqlite-run-leases.js';
import { SqliteRunRepository } from './sqlite-run-repository.js';
import { SqliteSessionRepository } from './sqlite-session-repository.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** Everything in one file, for one process at a time: it is there again when the process is. */
export const sqliteStore = defineStore({
  configSchema: z.object({
    STORE_URL: sqlitePath,
    SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
    JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
  }),
  async open(config, dependencies) {
    const database = new SqliteDatabase(await openSqliteFile(config.STORE_URL));
    const lifetimes = {
      sessionMilliseconds: config.SESSION_TTL_S * 1000,
      journalMilliseconds: config.JOURNAL_TTL_S * 1000,
      idempotencyKeyMilliseconds: DAY * 1000,
    };
    return sqliteStoreIn(database, lifetimes, dependencies);
  },
});

/** The store in an open file, which it closes. */
export function sqliteStoreIn(database: SqliteDatabase, lifetimes: Lifetimes, dependencies: StoreDependencies): Store {
  const { clock, log, leaseMilliseconds } = dependencies;
  const expiry = new Expiry(clock, lifetimes);
  const records = new Records(database, expiry);
  const { runs, journals } = records;
  const feed = new JournalFeed(new SqliteJournalSource(database, journals));
  const stops = new StopWatch(
    async (runIds) => database.read(() => runs.stopCauses(runIds)),
    (error) => log.error('stop requests could not be read', { error }),
  );
  const local = new LocalRuns(feed, stops, new HeldLeases(leaseMilliseconds));
  const expired = new ExpiredRows(database, expiry, () => feed.followedRuns);
  const purge = new SqlitePurge(database, expired, log);
  purge.start();
  return {
    sessions: new SqliteSessionRepository(database, records, local, purge),
    runs: new SqliteRunRepository(database, records, local),
    journal: new SqliteRunJournal(database, journals, local),
    leases: new SqliteRunLeases(database, runs, local),
    audience: new SoleAudience(),
    outlivesProcess: true,
    ready: async () => database.probe(),
    close: async () => {
      local.close();
      purge.finish();
      database.close();
    },
  };
}
