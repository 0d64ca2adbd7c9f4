import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { defineLlmProvider } from '../../../src/adapters/outbound/llm/llm-provider.js';
import { defineStore } from '../../../src/adapters/outbound/persistence/store.js';
import type { Agent } from '../../../src/domain/agent.js';
import { Agents } from '../../../src/domain/agents.js';
import { type Config, loadConfig, withEnvironment } from '../../../src/infrastructure/config/config.js';
import { ConfigError } from '../../../src/infrastructure/config/config-error.js';
import { proxyForOf } from '../../../src/infrastructure/config/proxies.js';
import { anAgent } from '../../support/builders.js';

const agentsOf = (fields: Partial<Agent>) => new Agents([anAgent(fields)]);
const NO_TOOLS = { tools: [], servers: [], callTimeouts: { client: 600, approval: 86_400, server: 60 } };

type Variables = Record<string, string | undefined>;

describe('loadConfig', () => {
  let folder: string;
  let dotenvPath: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
    dotenvPath = join(folder, '.env');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Names without the prefix, but for NODE_ENV. */
  function load(variables: Variables = {}): Config {
    const entries = Object.entries(variables).map(([name, value]) => [
      name === 'NODE_ENV' ? name : `AGENT_RUNTIME__${name}`,
      value,
    ]);
    return loadConfig({ providers, stores, dotenvPath }, Object.fromEntries(entries));
  }

  function problems(variables: Variables): readonly string[] {
    try {
      load(variables);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  }

  it('needs nothing: every setting has its default', () => {
    expect(load()).to.deep.equal({
      production: false,
      logLevel: 'info',
      version: '0.1.0',
      port: 8001,
      host: '0.0.0.0',
      internalKeys: ['change-me-internal-key'],
      usesDefaultKey: true,
      hasChatPage: true,
      llmMode: 'mock',
      agents: agentsOf({
        model: 'mock:fake-llm',
        instructions: { text: 'You are a helpful assistant.', role: 'system' },
      }),
      toolbox: NO_TOOLS,
      modes: { usual: 'mock', known: ['mock', 'keyed'], unusable: { keyed: 'needs AGENT_RUNTIME__PROVIDER_API_KEY' } },
      storeScheme: 'memory',
      bodyLimit: 1_048_576,
      onBusy: 'reject',
      queueLimit: 8,
      onDisconnect: 'continue',
      shutdownGraceSeconds: 25,
      workers: 1,
      maxRuns: 5000,
      maxConnections: 20_000,
      maxSessionBytes: 64 * 1024 * 1024,
      maxEventLoopDelay: 500,
      rateLimitPerMinute: 0,
      silenceLimits: { firstToken: 120_000, idle: 60_000 },
      runMilliseconds: 600_000,
      upstreamRetries: 2,
      tracing: undefined,
      leaseMilliseconds: 15_000,
      settings: {},
      proxies: {},
      unknownVariables: [],
      ignoredFields: [],
    });
  });

  it('reads every setting', () => {
    const config = load(everySetting);
    expect(config).to.deep.equal({
      production: true,
      logLevel: 'critical',
      version: '2.0.0',
      port: 0,
      host: '::1',
      internalKeys: ['first', 'second'],
      usesDefaultKey: false,
      hasChatPage: true,
      llmMode: 'keyed',
      agents: agentsOf({ model: 'keyed:a-model', instructions: { text: ' Be brief. ', role: 'developer' } }),
      toolbox: NO_TOOLS,
      modes: { usual: 'keyed', known: ['mock', 'keyed'], unusable: {} },
      storeScheme: 'disk',
      bodyLimit: 2048,
      onBusy: 'interrupt',
      queueLimit: 0,
      onDisconnect: 'cancel',
      shutdownGraceSeconds: 0,
      workers: 1,
      maxRuns: 1,
      maxConnections: 4,
      maxSessionBytes: 64 * 1024 * 1024,
      maxEventLoopDelay: 5,
      rateLimitPerMinute: 6,
      silenceLimits: { firstToken: 1, idle: 2 },
      runMilliseconds: 3,
      upstreamRetries: 0,
      tracing: undefined,
      leaseMilliseconds: 7_000,
      settings: config.settings,
      proxies: {},
      unknownVariables: [],
      ignoredFields: [],
    });
  });

  it('hands the raw settings on, without prefix and empty ones', () => {
    const config = load({ MOCK_DELAY_MS: '5', PORT: '1', HOST: '', OTHER: undefined });
    expect(config.settings).to.deep.equal({ MOCK_DELAY_MS: '5', PORT: '1' });
  });

  it('takes a variable that is set to nothing as unset', () => {
    expect(load({ PORT: '', INTERNAL_API_KEY: '', LLM_MODE: '' })).to.include({ port: 8001, llmMode: 'mock' });
  });

  it('takes where to send traces from the names that OpenTelemetry gives them', () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: ' http://collector:4318// ', OTEL_SERVICE_NAME: 'chat' };
    const { tracing } = loadConfig({ providers, stores, dotenvPath }, environment);
    expect(tracing).to.deep.equal({ endpoint: 'http://collector:4318', serviceName: 'chat' });
    for (const endpoint of ['collector', 'http://', 'http://[', 'http://a b', 'http://collector:99999', 'ftp://x']) {
      const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
      expect(() => loadConfig({ providers, stores, dotenvPath }, environment), endpoint).to.throw(
        'OTEL_EXPORTER_OTLP_ENDPOINT: must be an address like http://localhost:4318',
      );
    }
  });

  it('sends traces nowhere where OpenTelemetry is switched off, and asks nothing more then', () => {
    const wanted = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    for (const off of [
      { OTEL_SDK_DISABLED: 'true' },
      { OTEL_SDK_DISABLED: ' TRUE ' },
      { OTEL_TRACES_EXPORTER: 'none' },
      { OTEL_TRACES_EXPORTER: 'None', OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' },
    ])
      expect(loadConfig({ providers, stores, dotenvPath }, { ...wanted, ...off }).tracing).to.equal(undefined);
    for (const on of [{ OTEL_SDK_DISABLED: 'false' }, { OTEL_TRACES_EXPORTER: 'OTLP' }])
      expect(loadConfig({ providers, stores, dotenvPath }, { ...wanted, ...on }).tracing).not.to.equal(undefined);
    expect(() => loadConfig({ providers, stores, dotenvPath }, { OTEL_TRACES_EXPORTER: 'zipkin' })).to.throw(
      'OTEL_TRACES_EXPORTER: must be otlp or none',
    );
  });

  it('takes the endpoint for traces as it stands, before the general one', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/spans/',
    };
    const { tracing } = loadConfig({ providers, stores, dotenvPath }, environment);
    expect(tracing).to.deep.equal({ tracesEndpoint: 'http://traces:4318/spans/', serviceName: 'agent-runtime' });
    expect(() => loadConfig({ providers, stores, dotenvPath }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'x' })).to.throw(
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: must be an address like http://localhost:4318',
    );
  });

  it('knows production however it is written', () => {
    for (const word of ['production', ' Production ', 'PRODUCTION\t'])
      expect(load({ NODE_ENV: word, INTERNAL_API_KEY: 'own' }).production, word).to.equal(true);
    expect(load({ NODE_ENV: 'productive' }).production).to.equal(false);
  });

  it('shows no password of an address that it refuses', () => {
    for (const url of [
      'oracle://me:hunter2@host',
      'oracle://me:hunt@er2@host',
      'oracle://me:hunter2:6379/0',
      'oracle:hunter2',
      'oracle://host/db?password=hunter2',
      'oracle://me@host/db?password=hunter2',
      ':hunter2@host',
    ])
      expect(problems({ STORE_URL: url }).join(), url)
        .to.contain('must begin with')
        .and.not.to.match(/hunt|er2/);
  });

  describe('of proxies', () => {
    const proxyFor = (environment: Variables, url: string) =>
      proxyForOf(loadConfig({ providers, stores, dotenvPath }, environment).proxies, withEnvironment)(url)?.href;

    it('takes the one for the scheme, in capitals or not, with or without a scheme of its own', () => {
      const both = { HTTPS_PROXY: 'http://secure.test:1', http_proxy: 'plain.test:2' };
      expect(proxyFor(both, 'https://model.test/v1')).to.equal('http://secure.test:1/');
      expect(proxyFor(both, 'http://model.test/v1')).to.equal('http://plain.test:2/');
      expect(proxyFor({ ALL_PROXY: 'any.test' }, 'http://model.test')).to.equal('http://any.test/');
      expect(proxyFor({}, 'http://model.test')).to.equal(undefined);
    });

    it('takes none for what NO_PROXY names', () => {
      for (const names of ['model.test', 'a,model.test', '.test', '*.test', '*', 'model.test:80'])
        expect(proxyFor({ HTTP_PROXY: 'p.test', NO_PROXY: names }, 'http://model.test'), names).to.equal(undefined);
      expect(proxyFor({ HTTP_PROXY: 'p.test', NO_PROXY: 'other.test' }, 'http://model.test')).to.equal(
        'http://p.test/',
      );
    });

    it('takes none for this machine, whatever it is called', () => {
      for (const host of [
        'localhost',
        'LOCALHOST.',
        'a.localhost',
        '127.0.0.1',
        '127.1',
        '127.8.9.1',
        '[::1]',
        '[::ffff:127.0.0.1]',
      ])
        expect(proxyFor({ ALL_PROXY: 'p.test' }, `http://${host}:8000/v1`), host).to.equal(undefined);
      expect(proxyFor({ ALL_PROXY: 'p.test' }, 'http://127.example.test')).not.to.equal(undefined);
    });

    it('refuses what is none, by its name and without its password', () => {
      for (const wrong of ['http://me:hunter2@', 'socks5://me:hunter2@p', 'http://me:hunter%2@p', 'http://p/hunter2'])
        expect(() => proxyFor({ https_proxy: wrong }, ''), wrong)
          .to.throw('https_proxy: must be the address of a proxy, like http://proxy.example:3128')
          .and.not.match(/hunter/);
    });

    it('leaves the environment of the process as it was', () => {
      const own = process.env;
      proxyFor({ HTTP_PROXY: 'p.test' }, 'http://model.test');
      expect(process.env).to.equal(own);
    });
  });

  it('is frozen, and so are its lists and settings', () => {
    const config = load();
    const parts = [config, config.internalKeys, config.settings, config.unknownVariables];
    expect(parts.map((part) => Object.isFrozen(part))).to.deep.equal([true, true, true, true]);
  });

  for (const level of ['DEBUG', 'info', 'Warning', 'ERROR', 'critical']) {
    it(`takes the log level ${level}`, () => {
      expect(load({ LOG_LEVEL: level }).logLevel).to.equal(level.toLowerCase());
    });
  }

  describe('refuses', () => {
    const refused: [name: string, value: string, problem: string][] = [
      ['PORT', 'abc', 'must be a whole number from 0 to 65535, got "abc"'],
      ['PORT', '65536', 'must be a whole number from 0 to 65535, got "65536"'],
      ['PORT', '-1', 'must be a whole number from 0 to 65535, got "-1"'],
      ['PORT', '80.5', 'must be a whole number from 0 to 65535, got "80.5"'],
      ['PORT', '1e3', 'must be a whole number from 0 to 65535, got "1e3"'],
      ['PORT', ' ', 'must be a whole number from 0 to 65535, got " "'],
      ['PORT', '9'.repeat(400), `must be a whole number from 0 to 65535, got "${'9'.repeat(100)}…"`],
      ['LOG_LEVEL', 'loud', 'must be one of debug, info, warning, error, critical, got "loud"'],
      ['CHAT_PAGE', 'yes', 'must be true or false, got "yes"'],
      ['LLM_MODE', 'constructor', 'must be one of mock, keyed, got "constructor"'],
      ['STORE_URL', 'memory', 'must begin with one of memory:, disk:, got "memory"'],
      ['STORE_URL', 'oracle://me:word@host/db', 'must begin with one of memory:, disk:, got "…@host/db"'],
      ['ON_BUSY', 'wait', 'must be one of reject, queue, interrupt, got "wait"'],
      ['ON_DISCONNECT', 'stay', 'must be one of continue, cancel, got "stay"'],
      ['QUEUE_LIMIT', '1001', 'must be a whole number from 0 to 1000, got "1001"'],
      ['SHUTDOWN_GRACE_S', '3601', 'must be a whole number from 0 to 3600, got "3601"'],
      ['BODY_LIMIT', '1mb', 'must be a whole number from 1 to 104857600, got "1mb"'],
      ['SYSTEM_ROLE', 'assistant', 'must be one of system, developer, user, none, got "assistant"'],
      ['UPSTREAM_RETRIES', '3', 'must be a whole number from 0 to 2, got "3"'],
      ['IDLE_TIMEOUT_MS', '0', 'must be a whole number from 1 to 86400000, got "0"'],
      ['LEASE_TTL_S', '0', 'must be a whole number from 1 to 3600, got "0"'],
      ['MAX_RUNS', '0', 'must be a whole number from 1 to 1000000, got "0"'],
      ['HOST', '  ', 'must not be blank, got "  "'],
    ];
    for (const [name, value, problem] of refused) {
      it(`${name} ${JSON.stringify(value).slice(0, 40)}`, () => {
        expect(problems({ [name]: value })).to.deep.equal([`AGENT_RUNTIME__${name}: ${problem}`]);
      });
    }
  });

  it('names every problem in one message, its own, the provider’s and the store’s', () => {
    const wrong = { PORT: 'abc', LOG_LEVEL: 'x', LLM_MODE: 'keyed', STORE_URL: 'disk:', DISK_FOLDER: '?' };
    expect(() => load(wrong)).to.throw(
      ConfigError,
      [
        'The configuration cannot be used:',
        '  - AGENT_RUNTIME__LOG_LEVEL: must be one of debug, info, warning, error, critical, got "x"',
        '  - AGENT_RUNTIME__PORT: must be a whole number from 0 to 65535, got "abc"',
        '  - AGENT_RUNTIME__PROVIDER_API_KEY: must be set',
        '  - AGENT_RUNTIME__DISK_FOLDER: must be a path, got "?"',
      ].join('\n'),
    );
  });

  it('says a problem once that two of them see, in its own words', () => {
    const seen = problems({ LLM_MODE: 'keyed', PROVIDER_API_KEY: 'k', LLM_MODEL: ' ' });
    expect(seen).to.deep.equal(['AGENT_RUNTIME__LLM_MODEL: must not be blank, got " "']);
  });

  it('applies the schema of the chosen provider and store alone', () => {
    expect(problems({ LLM_MODE: 'mock', DISK_FOLDER: '?' })).to.deep.equal([]);
  });

  it('cannot default to a provider that the table does not hold', () => {
    const load = () => loadConfig({ providers: { keyed: providers.keyed }, stores, dotenvPath }, {});
    expect(load).to.throw('AGENT_RUNTIME__LLM_MODE: must be one of keyed');
  });

  it('names the variables that nothing reads, but not those of a provider that was not chosen', () => {
    const config = load({ PROT: '1', PROVIDER_API_KEY: 'k', PROVIDER_EXTRA: 'x', DISK_FOLDER: 'd', EMPTY: '' });
    expect(config.unknownVariables).to.deep.equal(['AGENT_RUNTIME__PROT']);
  });

  describe('of keys', () => {
    it('takes several, trimmed, in order', () => {
      expect(load({ INTERNAL_API_KEY: ' new , old' }).internalKeys).to.deep.equal(['new', 'old']);
    });

    it('says whether the default is among them', () => {
      expect(load({ INTERNAL_API_KEY: 'new,change-me-internal-key' }).usesDefaultKey).to.equal(true);
      expect(load({ INTERNAL_API_KEY: 'new' }).usesDefaultKey).to.equal(false);
    });

    it('refuses the default in production, set or not', () => {
      const problem =
        'AGENT_RUNTIME__INTERNAL_API_KEY: must be set to a key of your own when NODE_ENV is production, ' +
        'not to change-me-internal-key';
      for (const key of [undefined, 'change-me-internal-key', 'new,change-me-internal-key'])
        expect(problems({ NODE_ENV: 'production', INTERNAL_API_KEY: key })).to.deep.equal([problem]);
    });

    for (const [what, keys] of [
      ['an empty one', 'hunter2,'],
      ['only a comma', ','],
      ['a space within', 'hunter2 word'],
      ['a control character', 'hunter2\u0007'],
      ['not ASCII', 'hunter2-ключ'],
      ['too long', `hunter2${'x'.repeat(250)}`],
      ['a zero', 'hunter2\0'],
    ] as const) {
      it(`refuses ${what}, and never repeats a key`, () => {
        const [problem, ...others] = problems({ INTERNAL_API_KEY: keys });
        expect(others).to.deep.equal([]);
        expect(problem).to.equal(
          'AGENT_RUNTIME__INTERNAL_API_KEY: must be keys of 1 to 256 visible ASCII characters, separated by commas',
        );
      });
    }

    for (const keys of ['"hunter2"', "'hunter2'", '`hunter2`', 'a,"hunter2"', '"a,hunter2"', '"hunter2', '"']) {
      it(`refuses ${keys.replace('hunter2', '…')}, whose quotes would be a part of the key`, () => {
        expect(problems({ INTERNAL_API_KEY: keys })).to.deep.equal([
          'AGENT_RUNTIME__INTERNAL_API_KEY: must be written without quotes',
        ]);
      });
    }

    it('never repeats a provider’s key either', () => {
      const wrong = problems({ LLM_MODE: 'keyed', PROVIDER_API_KEY: 'hunter2 '.repeat(10) });
      expect(wrong).to.deep.equal(['AGENT_RUNTIME__PROVIDER_API_KEY: must be shorter']);
    });
  });

  describe('of a dotenv file', () => {
    it('reads it, below the environment', () => {
      writeFileSync(dotenvPath, 'AGENT_RUNTIME__PORT=1\nAGENT_RUNTIME__HOST="::1" # here\n');
      expect(load({ PORT: '2' })).to.include({ port: 2, host: '::1' });
    });

    it('lets it fill what the environment sets to nothing', () => {
      writeFileSync(dotenvPath, 'AGENT_RUNTIME__PORT=1');
      expect(load({ PORT: '' }).port).to.equal(1);
    });

    it('reads one that Windows wrote', () => {
      writeFileSync(dotenvPath, '\uFEFFAGENT_RUNTIME__PORT=1\r\nAGENT_RUNTIME__HOST=::1\r\n');
      expect(load()).to.include({ port: 1, host: '::1' });
    });

    it('takes NODE_ENV from it', () => {
      writeFileSync(dotenvPath, 'NODE_ENV=production\nAGENT_RUNTIME__INTERNAL_API_KEY=own');
      expect(load().production).to.equal(true);
    });

    const SET = 'AGENT_RUNTIME__PORT=1\nAGENT_RUNTIME__HOST=::1\n';
    const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();
    for (const [what, bytes] of [
      ['in UTF-16, little end first', Buffer.from(`\uFEFF${SET}`, 'utf16le')],
      ['in UTF-16, big end first', swapped(`\uFEFF${SET}`)],
      ['in UTF-16 without a mark', Buffer.from(SET, 'utf16le')],
      ['in UTF-16 without a mark, big end first', swapped(SET)],
      ['whose lines end with CR', SET.replaceAll('\n', '\r')],
      ['that exports', SET.replaceAll('AGENT', ' export AGENT')],
      [
        'with values in quotes, comments and several lines',
        `# a: b\n\n${SET}AGENT_RUNTIME__SYSTEM_PROMPT="a\nb: c\n" # d\n`,
      ],
    ] as const) {
      it(`reads one ${what}`, () => {
        writeFileSync(dotenvPath, bytes);
        expect(load()).to.include({ port: 1, host: '::1' });
      });
    }

    it('names each line that sets nothing, and not what it says', () => {
      writeFileSync(dotenvPath, 'A=1\nKEY: hunter2\nB="x\ny"\nURL: "http://hunter2?a=b"\n=hunter2\nhunter2');
      expect(problems({})).to.deep.equal(
        [2, 5, 6, 7].map((line) => `${dotenvPath}, line ${line}: must be NAME=VALUE, or a comment behind a #`),
      );
    });

    it('refuses what is no text', () => {
      for (const bytes of [
        Buffer.from('A=1\0\n'),
        Buffer.from([0x41, 0x3d, 0xe9, 0x0a]),
        Buffer.from([0xff, 0xfe, 0, 0, 0x41]),
      ]) {
        writeFileSync(dotenvPath, bytes);
        expect(problems({})).to.deep.equal([`${dotenvPath} cannot be read: it must be text in UTF-8`]);
      }
    });

    it('says so when it cannot be read', () => {
      mkdirSync(dotenvPath);
      expect(() => load()).to.throw(ConfigError, `${dotenvPath} cannot be read: EISDIR`);
    });
  });
});

function neverCalled(): never {
  throw new Error('The configuration creates nothing.');
}

const providers = {
  mock: defineLlmProvider({
    configSchema: z.object({ MOCK_DELAY_MS: z.string().optional() }),
    create: neverCalled,
  }),
  keyed: defineLlmProvider({
    configSchema: z
      .object({
        PROVIDER_API_KEY: z.string().max(20, 'must be shorter'),
        PROVIDER_EXTRA: z.string().optional(),
        LLM_MODEL: z.string().trim().min(1, 'must name a model').optional(),
      })
      .transform((settings) => ({ key: settings.PROVIDER_API_KEY })),
    create: neverCalled,
  }),
};

const stores = {
  memory: defineStore({ isShared: false, configSchema: z.object({}), open: neverCalled }),
  disk: defineStore({
    isShared: true,
    configSchema: z.object({ DISK_FOLDER: z.string().regex(/^\w+$/, 'must be a path').optional() }),
    open: neverCalled,
  }),
};

const everySetting = {
  NODE_ENV: 'production',
  LOG_LEVEL: 'CRITICAL',
  VERSION: '2.0.0',
  PORT: '0',
  HOST: ' ::1 ',
  INTERNAL_API_KEY: 'first,second',
  CHAT_PAGE: ' True ',
  LLM_MODE: 'keyed',
  PROVIDER_API_KEY: 'k',
  LLM_MODEL: 'a-model',
  SYSTEM_PROMPT: ' Be brief. ',
  SYSTEM_ROLE: ' Developer ',
  STORE_URL: 'Disk:folder',
  BODY_LIMIT: '2048',
  ON_BUSY: 'interrupt',
  QUEUE_LIMIT: '0',
  ON_DISCONNECT: 'cancel',
  SHUTDOWN_GRACE_S: '0',
  MAX_RUNS: '1',
  MAX_CONNECTIONS: '4',
  MAX_EVENT_LOOP_DELAY_MS: '5',
  RATE_LIMIT_PER_MINUTE: '6',
  FIRST_TOKEN_TIMEOUT_MS: '1',
  IDLE_TIMEOUT_MS: '2',
  RUN_TIMEOUT_MS: '3',
  UPSTREAM_RETRIES: '0',
  LEASE_TTL_S: '7',
};
