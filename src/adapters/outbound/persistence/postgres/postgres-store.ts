import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { isDecodable, UNDECODABLE } from '../is-decodable.js';
import { storeOver } from '../ledger-store.js';
import { defineStore } from '../store.js';
import { JournalWriter } from './journal-writer.js';
import { PostgresBackground } from './postgres-background.js';
import { PostgresDatabase } from './postgres-database.js';
import { PostgresRunAudience } from './postgres-run-audience.js';
import { PostgresRunJournal } from './postgres-run-journal.js';
import { ServerAccess } from './server-access.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

const URL_ERROR = 'must be an address like postgres://user:password@host:5432/database';
const SCHEMA_ERROR = 'must be at most 48 of a-z, 0-9 and _, the first a letter or _, and not begin with pg_';

/** Keeps everything in one schema of a PostgreSQL database, for any number of processes. */
export const postgresStore = defineStore({
  isShared: true,
  configSchema: z.object({
    STORE_URL: z.string().trim().refine(isPostgresUrl, URL_ERROR).refine(isDecodable, UNDECODABLE),
    POSTGRES_SCHEMA: z
      .string()
      .trim()
      .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,47}$/, SCHEMA_ERROR)
      .prefault('agent_runtime'),
    POSTGRES_POOL_SIZE: wholeNumberSetting(1, 1000, 10),
    SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
    JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
  }),
  async open(config, dependencies) {
    const access = new ServerAccess(config.STORE_URL);
    const database = new PostgresDatabase(access, config.POSTGRES_POOL_SIZE, config.POSTGRES_SCHEMA);
    const options = {
      processId: randomBytes(8).toString('hex'),
      leaseMilliseconds: dependencies.leaseMilliseconds,
      sessionTtlMilliseconds: config.SESSION_TTL_S * 1000,
      journalTtlMilliseconds: config.JOURNAL_TTL_S * 1000,
      keyTtlMilliseconds: DAY * 1000,
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
  },
});

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
}
