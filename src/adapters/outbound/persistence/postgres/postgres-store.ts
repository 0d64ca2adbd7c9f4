import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { isDecodable, UNDECODABLE } from '../is-decodable.js';
import { defineStore } from '../store.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

const URL_ERROR = 'must be an address like postgres://user:password@host:5432/database';
const SCHEMA_ERROR = 'must be at most 48 of a-z, 0-9 and _, the first a letter or _, and not begin with pg_';

const configSchema = z.object({
  STORE_URL: z.string().trim().refine(isPostgresUrl, URL_ERROR).refine(isDecodable, UNDECODABLE),
  POSTGRES_SCHEMA: z
    .string()
    .trim()
    .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,47}$/, SCHEMA_ERROR)
    .prefault('agent_runtime'),
  POSTGRES_POOL_SIZE: wholeNumberSetting(1, 1000, 10),
  SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
  JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
});

export type PostgresSettings = z.output<typeof configSchema>;

/** Keeps everything in one schema of a PostgreSQL database, for any number of processes. Only who chooses it loads
 *  it. */
export const postgresStore = defineStore({
  isShared: true,
  configSchema,
  open: async (settings, dependencies) =>
    (await import('./open-postgres-store.js')).openPostgresStore(settings, dependencies),
});

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
}
