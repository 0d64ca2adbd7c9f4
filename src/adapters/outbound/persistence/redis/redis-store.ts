import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { isDecodable, UNDECODABLE } from '../is-decodable.js';
import { defineStore } from '../store.js';
import { isRedisUrl } from './redis-url.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

const URL_RULE = 'must be redis://[[user]:password@]host[:port][/database], or the same with rediss:// for TLS';
const PREFIX_RULE = 'must be 1 to 64 of letters, digits, dots, dashes, underscores and colons';

const configSchema = z.object({
  STORE_URL: z.string().trim().refine(isRedisUrl, URL_RULE).refine(isDecodable, UNDECODABLE),
  REDIS_PREFIX: z
    .string()
    .trim()
    .regex(/^[\w.:-]{1,64}$/, PREFIX_RULE)
    .prefault('agent-runtime'),
  REDIS_CLUSTER: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((word) => word === 'true')
    .prefault('false'),
  SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
  JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
});

export type RedisSettings = z.output<typeof configSchema>;

/** Keeps everything in a Redis, which any number of processes share. Only who chooses it loads it. */
export const redisStore = defineStore({
  isShared: true,
  configSchema,
  open: async (settings, dependencies) =>
    (await import('./open-redis-store.js')).openRedisStore(settings, dependencies),
});
