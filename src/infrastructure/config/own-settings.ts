import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { wholeNumberSetting } from '../../adapters/outbound/whole-number-setting.js';

export const DEFAULT_INTERNAL_KEY = 'change-me-internal-key';
export const DEFAULT_LLM_MODE = 'mock';
export const DEFAULT_STORE_URL = 'memory:';

const MOST_WORKERS = 1024;

/** What the process itself reads, each under its name in the environment without the prefix. Defaults are checked too
 *  (prefault), since a mode may be missing from the table and the default key is not always legal. */
export function ownSettings(legal: { modes: readonly string[]; schemes: readonly string[]; production: boolean }) {
  return z.object({
    LOG_LEVEL: oneOf(['debug', 'info', 'warning', 'error', 'critical'], 'info'),
    VERSION: text('0.1.0'),
    PORT: wholeNumberSetting(0, 65_535, 8001),
    HOST: text('0.0.0.0'),
    INTERNAL_API_KEY: internalKeys(legal.production),
    LLM_MODE: z.string().trim().pipe(member(legal.modes)).prefault(DEFAULT_LLM_MODE),
    LLM_MODEL: text('fake-llm'),
    CHAT_PAGE: yesOrNo(!legal.production),
    AGENTS_FILE: z.string().optional(),
    SYSTEM_PROMPT: z.string().prefault('You are a helpful assistant.'),
    SYSTEM_ROLE: oneOf(['system', 'developer', 'user', 'none'], 'system'),
    STORE_URL: storeUrl(legal.schemes),
    BODY_LIMIT: wholeNumberSetting(1, 104_857_600, 1_048_576),
    ON_BUSY: oneOf(['reject', 'queue', 'interrupt'], 'reject'),
    QUEUE_LIMIT: wholeNumberSetting(0, 1000, 8),
    MAX_SESSION_MB: wholeNumberSetting(1, 1024, 64),
    ON_DISCONNECT: oneOf(['continue', 'cancel'], 'continue'),
    SHUTDOWN_GRACE_S: wholeNumberSetting(0, 3600, 25),
    MAX_RUNS: wholeNumberSetting(1, 1_000_000, 5000),
    MAX_CONNECTIONS: wholeNumberSetting(1, 1_000_000, 20_000),
    MAX_EVENT_LOOP_DELAY_MS: wholeNumberSetting(1, 60_000, 500),
    WORKERS: workers(),
    RATE_LIMIT_PER_MINUTE: wholeNumberSetting(0, 1_000_000, 0),
    FIRST_TOKEN_TIMEOUT_MS: wholeNumberSetting(1, 86_400_000, 120_000),
    IDLE_TIMEOUT_MS: wholeNumberSetting(1, 86_400_000, 60_000),
    RUN_TIMEOUT_MS: wholeNumberSetting(1, 86_400_000, 600_000),
    UPSTREAM_RETRIES: wholeNumberSetting(0, 2, 2),
    LEASE_TTL_S: wholeNumberSetting(1, 3600, 15),
  });
}

export type OwnSettings = z.infer<ReturnType<typeof ownSettings>>;

/** What stands before the colon of a store's address. */
export function schemeOf(url: string): string {
  return url.trim().replace(/:.*$/s, '').toLowerCase();
}

function text(usual: string) {
  const bare = z.string().trim().min(1, 'must not be blank');
  return bare.refine((value) => !QUOTES.test(value), WITHOUT_QUOTES).prefault(usual);
}

function oneOf<const Value extends string>(values: readonly [Value, ...Value[]], usual: NoInfer<Value>) {
  const error = `must be one of ${values.join(', ')}`;
  return z.string().trim().toLowerCase().pipe(z.enum(values, { error })).prefault(usual);
}

/** `auto` is one for each core that this process may use. */
function workers() {
  const error = `must be a whole number from 1 to ${MOST_WORKERS}, or auto`;
  const number = z
    .string()
    .regex(/^\d+$/, error)
    .transform(Number)
    .pipe(z.number().min(1, error).max(MOST_WORKERS, error));
  const word = z.string().trim().toLowerCase();
  return word
    .transform((value) => (value === 'auto' ? `${availableParallelism()}` : value))
    .pipe(number)
    .prefault('1');
}

function yesOrNo(usual: boolean) {
  const word = z.string().trim().toLowerCase();
  const words = word.pipe(z.enum(['true', 'false'], { error: 'must be true or false' }));
  return words.transform((value) => value === 'true').prefault(`${usual}`);
}

function member(values: readonly string[]) {
  return z.string().refine((value) => values.includes(value), `must be one of ${values.join(', ')}`);
}

function storeUrl(schemes: readonly string[]) {
  const error = `must begin with one of ${schemes.map((scheme) => `${scheme}:`).join(', ')}`;
  return z
    .string()
    .trim()
    .refine((url) => url.includes(':') && schemes.includes(schemeOf(url)), error)
    .prefault(DEFAULT_STORE_URL);
}

/** A shell and a dotenv file take quotes away; `docker run --env-file` hands them on as a part of the value. */
const QUOTES = /^["'`]|["'`]$/;
const WITHOUT_QUOTES = 'must be written without quotes';

function internalKeys(production: boolean) {
  const key = /^[\x21-\x2b\x2d-\x7e]{1,256}$/;
  return z
    .string()
    .transform((list) => list.split(',').map((part) => part.trim()))
    .refine((keys) => !keys.some((part) => QUOTES.test(part)), { error: WITHOUT_QUOTES, abort: true })
    .refine((keys) => keys.every((part) => key.test(part)), {
      error: 'must be keys of 1 to 256 visible ASCII characters, separated by commas',
    })
    .refine((keys) => !(production && keys.includes(DEFAULT_INTERNAL_KEY)), {
      error: `must be set to a key of your own when NODE_ENV is production, not to ${DEFAULT_INTERNAL_KEY}`,
    })
    .prefault(DEFAULT_INTERNAL_KEY);
}
