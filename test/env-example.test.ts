import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { loadConfig } from '../src/infrastructure/config/config.js';
import { ownSettings } from '../src/infrastructure/config/own-settings.js';
import { settingNames } from '../src/infrastructure/config/setting-names.js';
import { llmProviders } from '../src/infrastructure/container/llm-providers.js';
import { storeKinds } from '../src/infrastructure/container/store-kinds.js';

describe('.env.example', () => {
  const path = fileURLToPath(new URL('../../.env.example', import.meta.url));
  const text = readFileSync(path, 'utf8');
  const tables = { providers: llmProviders, stores: storeKinds };

  it('names every setting that the process, a provider or a store reads, and no other', () => {
    const own = ownSettings({ modes: [], schemes: [], production: false });
    const entries = [...Object.values(llmProviders), ...Object.values(storeKinds)];
    const schemas = [own, ...entries.map(({ configSchema }) => configSchema)];
    const read = new Set(schemas.flatMap(settingNames).map((name) => `AGENT_RUNTIME__${name}`));
    expect(Object.keys(parseEnv(text)).sort()).to.deep.equal([...read].sort());
  });

  it('explains each in the line above', () => {
    const lines = text.split('\n');
    const unexplained = lines.filter((line, at) => line.startsWith('AGENT_') && !lines[at - 1]?.startsWith('# '));
    expect(unexplained).to.deep.equal([]);
  });

  it('holds the defaults: copied as it is, it changes nothing', () => {
    const { settings: _none, ...without } = loadConfig({ ...tables, dotenvPath: 'none' }, {});
    const { settings: _copied, ...copied } = loadConfig({ ...tables, dotenvPath: path }, {});
    expect(copied).to.deep.equal(without);
  });

  for (const table of [llmProviders, storeKinds]) {
    for (const [name, { configSchema }] of Object.entries(table)) {
      it(`holds the defaults of ${name}`, () => {
        // What has no default, or one that is for another store.
        const url = name === 'sqlite' ? 'sqlite:a.db' : `${name}://localhost/1`;
        const key = { OPENAI_API_KEY: 'k', STORE_URL: url };
        const example = Object.entries(parseEnv(text)).filter(([, value]) => value !== '');
        const settings = Object.fromEntries(
          example.map(([name, value]) => [name.replace('AGENT_RUNTIME__', ''), value]),
        );
        expect(z.parse(configSchema, { ...settings, ...key })).to.deep.equal(z.parse(configSchema, key));
      });
    }
  }
});
