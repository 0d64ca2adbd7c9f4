import { randomBytes } from 'node:crypto';
import { KEY_MILLISECONDS } from '../../../../domain/repeats.js';
import { storeOver } from '../ledger-store.js';
import type { Store, StoreDependencies } from '../store.js';
import { JournalWriter } from './journal-writer.js';
import { PostgresBackground } from './postgres-background.js';
import { PostgresDatabase } from './postgres-database.js';
import { PostgresRunAudience } from './postgres-run-audience.js';
import { PostgresRunJournal } from './postgres-run-journal.js';
import type { PostgresSettings } from './postgres-store.js';
import { ServerAccess } from './server-access.js';

export async function openPostgresStore(config: PostgresSettings, dependencies: StoreDependencies): Promise<Store> {
  const access = new ServerAccess(config.STORE_URL);
  const database = new PostgresDatabase(access, config.POSTGRES_POOL_SIZE, config.POSTGRES_SCHEMA);
  const options = {
    processId: randomBytes(8).toString('hex'),
    leaseMilliseconds: dependencies.leaseMilliseconds,
    sessionTtlMilliseconds: config.SESSION_TTL_S * 1000,
    journalTtlMilliseconds: config.JOURNAL_TTL_S * 1000,
    keyTtlMilliseconds: KEY_MILLISECONDS,
  };
  const background = new PostgresBackground(access, database, options, dependencies.log);
  await background.start();
  const { ledger, events, feed, stopWatch, news } = background;
  const writer = new JournalWriter(database, events, options.sessionTtlMilliseconds);
  return storeOver(
    {
      ledger,
      journal: new PostgresRunJournal(database, writer, feed, news, options),
      audience: new PostgresRunAudience(database, options),
      writer: options.processId,
      stops: stopWatch,
      feed: news,
      outlivesProcess: true,
      ready: () => database.checkReady(),
      close: () => background.close(),
    },
    dependencies,
  );
}
