import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ConfigError } from '../../src/infrastructure/config/config-error.js';
import { errorOf } from '../support/builders.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { serviceProgram } from '../support/service-bundle.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

const TELL_WHAT_IS_LOADED = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => (writeSync(1, url + '\\n'), next(url, context)) });`)}`;

describe('a start', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What it prints until it listens or ends. */
  async function printed(
    settings: Record<string, string>,
    others: Record<string, string> = {},
    args: readonly string[] = [serviceProgram()],
  ): Promise<string> {
    const own = { PORT: '0', HOST: '127.0.0.1', INTERNAL_API_KEY: 'own', ...settings };
    const env = Object.fromEntries(Object.entries(own).map(([name, value]) => [`AGENT_RUNTIME__${name}`, value]));
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, ...others } });
    const ended = once(child, 'close');
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece) => {
        output += piece;
        if (output.includes('listening')) child.kill('SIGKILL');
      });
    }
    await ended;
    return output;
  }

  /** The same of the files as they are, and a line for each that is loaded. */
  const loaded = (settings: Record<string, string>) => printed(settings, {}, ['--import', TELL_WHAT_IS_LOADED, MAIN]);

  it('refuses a wrong setting before it loads what would serve', async () => {
    const output = await loaded({ PORT: 'x', STORE_URL: 'redis://localhost' });
    expect(output).to.contain('AGENT_RUNTIME__PORT: must be').and.to.contain('/node_modules/zod/');
    expect(output).not.to.match(/\/node_modules\/(express|inversify|winston|prom-client|ioredis|pg|kysely)\//);
  });

  it('loads no store but the one that is chosen', async () => {
    const output = await loaded({ STORE_URL: 'sqlite:a.db' });
    expect(output).to.contain('listening').and.to.contain('/persistence/sqlite/sqlite-ledger.js');
    expect(output).not.to.match(
      /\/node_modules\/(ioredis|pg|kysely)\/|\/persistence\/(redis|postgres)\/\w+-ledger\.js/,
    );
  });

  const warnings = (output: string) => output.match(/"level":"WARNING"/gi)?.length ?? 0;

  it('warns once each, in production, that nothing answers and that nothing is kept', async () => {
    const output = await printed({}, { NODE_ENV: ' Production ' });
    expect(output).to.contain('set AGENT_RUNTIME__LLM_MODE').and.to.contain('set AGENT_RUNTIME__STORE_URL');
    expect(warnings(output)).to.equal(2);
  });

  it('does not warn of that where it is what was meant', async () => {
    expect(await printed({}, { NODE_ENV: 'development' })).not.to.match(/warn/i);
    const settings = { LLM_MODE: 'vllm', STORE_URL: 'sqlite:a.db' };
    expect(warnings(await printed(settings, { NODE_ENV: 'production' }))).to.equal(0);
  });

  /** What a start with this address would print and end with. */
  async function refusal(url: string): Promise<string> {
    const error = await errorOf(RuntimeServer.start({ settings: { STORE_URL: url } }));
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }

  it('refuses an address with a stray % in one sentence, without its password', async () => {
    for (const url of [
      'redis://:hunter2%@h',
      'redis://hunt%er2:p@h',
      'postgres://u:hunter2%@h/db',
      'postgres://u:hunter2@h/d%b',
      'postgres://u:hunter2%zz@h:5432/db?x=%',
    ]) {
      const message = await refusal(url);
      expect(message, url).to.contain('AGENT_RUNTIME__STORE_URL: has a % that begins no character');
      expect(message.trim().split('\n'), url).to.have.length(2);
      expect(message, url).not.to.contain('hunter2');
    }
  });

  it('refuses every other wrong address without its password', async () => {
    for (const url of [
      'redis://:hunter2@',
      'postgres://u:hunter2@h:99999',
      'redis://u:hunter2:6379',
      'hunter2@h',
      ':hunter2',
    ])
      expect(await refusal(url), url)
        .to.contain('AGENT_RUNTIME__STORE_URL: must ')
        .and.not.to.contain('hunter2');
  });
});
