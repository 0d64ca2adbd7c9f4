import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { defineStore } from '../store.js';
import { sqlitePath } from './sqlite-path.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

const configSchema = z.object({
  STORE_URL: sqlitePath,
  SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
  JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
});

export type SqliteSettings = z.output<typeof configSchema>;

/** Keeps everything in one file, for one process at a time. The next process finds all of it again. Only who chooses it
 *  loads it. */
export const sqliteStore = defineStore({
  isShared: false,
  configSchema,
  open: async (settings, dependencies) =>
    (await import('./open-sqlite-store.js')).openSqliteStore(settings, dependencies),
});
