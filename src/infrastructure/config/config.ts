import type { z } from 'zod';
import type { LlmProvider, Settings } from '../../adapters/outbound/llm/llm-provider.js';
import type { SilenceLimits } from '../../adapters/outbound/llm/time-limited-gateway.js';
import type { StoreKind } from '../../adapters/outbound/persistence/store.js';
import type { Agents } from '../../domain/agents.js';
import type { ModelModes } from '../../domain/model-name.js';
import { MEBIBYTE } from '../../domain/size-limits.js';
import type { Toolbox } from '../../domain/tool.js';
import { type ChosenAgents, chooseAgents, usualMode } from './agents/choose-agents.js';
import { usualAgent } from './agents/usual-agent.js';
import { ConfigError } from './config-error.js';
import { type Environment, readEnvironment, settingsOf } from './environment.js';
import { DEFAULT_INTERNAL_KEY, DEFAULT_STORE_URL, type OwnSettings, ownSettings, schemeOf } from './own-settings.js';
import { proxyProblems, proxyVariables } from './proxies.js';
import { settingNames } from './setting-names.js';
import { settingProblems } from './setting-problems.js';
import { type TracingSettings, tracingProblems, tracingSettings } from './tracing-settings.js';
import { unknownVariables } from './unknown-variables.js';
import { workersProblems } from './workers-problems.js';

export interface Config {
  /** NODE_ENV is `production`. */
  readonly production: boolean;
  readonly logLevel: 'debug' | 'info' | 'warning' | 'error' | 'critical';
  readonly version: string;
  readonly port: number;
  readonly host: string;
  /** The keys a caller may show, at least one; the first is ours towards the proxy. */
  readonly internalKeys: readonly string[];
  /** The key that everyone can read in the documentation opens this service. */
  readonly usesDefaultKey: boolean;
  /** Whether the page to chat in is served. */
  readonly hasChatPage: boolean;
  /** A key of the table of providers: who is asked for a model that is named without one. */
  readonly llmMode: string;
  /** Who answers, and how. */
  readonly agents: Agents;
  /** What they may use. */
  readonly toolbox: Toolbox;
  /** Where models can be asked. */
  readonly modes: ModelModes;
  /** A key of the table of stores. */
  readonly storeScheme: string;
  /** In bytes. */
  readonly bodyLimit: number;
  readonly onBusy: 'reject' | 'queue' | 'interrupt';
  readonly queueLimit: number;
  /** What a session's history may take. */
  readonly maxSessionBytes: number;
  readonly onDisconnect: 'continue' | 'cancel';
  readonly shutdownGraceSeconds: number;
  /** How many processes serve, this one being the first of them; 1: this one alone. */
  readonly workers: number;
  readonly maxRuns: number;
  readonly maxConnections: number;
  /** In milliseconds; above it, nothing new is begun. */
  readonly maxEventLoopDelay: number;
  /** Messages of one key; 0 is no limit. */
  readonly rateLimitPerMinute: number;
  /** How long a model may be silent. */
  readonly silenceLimits: SilenceLimits;
  /** What a model may take for one answer, retries included. */
  readonly runMilliseconds: number;
  /** How often a model is asked again that failed before its first token. */
  readonly upstreamRetries: number;
  /** How long a run stays with a process that is not heard of. */
  readonly leaseMilliseconds: number;
  /** Undefined where nobody wants traces. */
  readonly tracing: TracingSettings | undefined;
  /** For `create` of providers and `open` of the chosen store; it has been checked against that, and against the
   *  providers that agents use. */
  readonly settings: Settings;
  /** The variables that speak of proxies. */
  readonly proxies: Settings;
  /** Variables with our prefix that nothing reads: probably misspelt. */
  readonly unknownVariables: readonly string[];
  /** Fields of the file of agents that change nothing. */
  readonly ignoredFields: readonly string[];
}

export interface ConfigOptions {
  /** By mode. */
  readonly providers: Readonly<Record<string, LlmProvider>>;
  /** By scheme. */
  readonly stores: Readonly<Record<string, StoreKind>>;
  /** `.env` in the working directory unless said otherwise. */
  readonly dotenvPath?: string;
}

/** The process's settings, frozen. Throws ConfigError with every problem there is. */
export function loadConfig(options: ConfigOptions, environment: Environment = process.env): Config {
  const variables = readEnvironment(environment, options.dotenvPath ?? '.env');
  const settings = settingsOf(variables);
  const production = variables.NODE_ENV?.trim().toLowerCase() === 'production';
  const legal = { modes: Object.keys(options.providers), schemes: Object.keys(options.stores), production };
  const own = ownSettings(legal);
  const proxies = proxyVariables(variables);
  const chosen = chooseAgents(options.providers, variables, settings, usualAgent(own.safeParse(settings).data));
  const problems = [
    ...settingProblems([own, ...chosenSchemas(options, settings, chosen)], settings),
    ...workersProblems(options.stores, own.safeParse(settings).data),
    ...tracingProblems(variables),
    ...proxyProblems(proxies),
    ...chosen.problems,
  ];
  if (problems.length > 0 || chosen.loaded === undefined) throw new ConfigError(problems);
  const { agents, toolbox, ignoredFields, variables: used } = chosen.loaded;
  const rest = {
    production,
    agents,
    toolbox,
    modes: chosen.modes,
    tracing: tracingSettings(variables),
    settings,
    proxies,
    unknownVariables: unknownVariables(options, settings, settingNames(own)).filter((name) => !used.has(name)),
    ignoredFields,
  };
  return frozen({ ...named(own.parse(settings)), ...rest });
}

/** The settings as they were written, good or not. */
export const writtenSettings = (environment: Environment = process.env): Settings =>
  settingsOf(readEnvironment(environment, '.env'));

type FurtherSettings =
  | 'production'
  | 'agents'
  | 'toolbox'
  | 'modes'
  | 'tracing'
  | 'settings'
  | 'proxies'
  | 'unknownVariables'
  | 'ignoredFields';

function named(own: OwnSettings): Omit<Config, FurtherSettings> {
  return {
    logLevel: own.LOG_LEVEL,
    version: own.VERSION,
    port: own.PORT,
    host: own.HOST,
    internalKeys: own.INTERNAL_API_KEY,
    usesDefaultKey: own.INTERNAL_API_KEY.includes(DEFAULT_INTERNAL_KEY),
    hasChatPage: own.CHAT_PAGE,
    llmMode: own.LLM_MODE,
    storeScheme: schemeOf(own.STORE_URL),
    bodyLimit: own.BODY_LIMIT,
    onBusy: own.ON_BUSY,
    queueLimit: own.QUEUE_LIMIT,
    maxSessionBytes: own.MAX_SESSION_MB * MEBIBYTE,
    onDisconnect: own.ON_DISCONNECT,
    shutdownGraceSeconds: own.SHUTDOWN_GRACE_S,
    workers: own.WORKERS,
    maxRuns: own.MAX_RUNS,
    maxConnections: own.MAX_CONNECTIONS,
    maxEventLoopDelay: own.MAX_EVENT_LOOP_DELAY_MS,
    rateLimitPerMinute: own.RATE_LIMIT_PER_MINUTE,
    silenceLimits: { firstToken: own.FIRST_TOKEN_TIMEOUT_MS, idle: own.IDLE_TIMEOUT_MS },
    runMilliseconds: own.RUN_TIMEOUT_MS,
    upstreamRetries: own.UPSTREAM_RETRIES,
    leaseMilliseconds: own.LEASE_TTL_S * 1000,
  };
}

/** Of the store that is chosen, and of the provider that is asked for the usual model, if an agent does: what others
 *  would need is not missing. An illegal choice has no schema, and is a problem of our own settings. */
function chosenSchemas(
  { providers, stores }: ConfigOptions,
  settings: Settings,
  { usesUsualModel }: ChosenAgents,
): readonly z.core.$ZodType[] {
  const provider = usesUsualModel ? entry(providers, usualMode(settings)) : undefined;
  const store = entry(stores, schemeOf(settings.STORE_URL ?? DEFAULT_STORE_URL));
  return [provider, store].flatMap((chosen) => (chosen ? [chosen.configSchema] : []));
}

/** For a library that reads the process's environment and nothing else: it is lent this one. */
export function withEnvironment<Value>(variables: Settings, read: () => Value): Value {
  const own = process.env;
  process.env = { ...variables };
  try {
    return read();
  } finally {
    process.env = own;
  }
}

/** Only what the table itself holds: `constructor` is no mode. */
function entry<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function frozen(config: Config): Config {
  Object.freeze(config.internalKeys);
  Object.freeze(config.silenceLimits);
  Object.freeze(config.unknownVariables);
  return Object.freeze(config);
}
