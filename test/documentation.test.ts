import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Script } from 'node:vm';
import { expect } from 'chai';
import { codeBlocks } from './support/code-blocks.js';
import { compiledWith } from './support/compiled-with.js';
import { RuntimeServer } from './support/runtime-server.js';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);
const FRONT_END = 'docs/write-a-front-end.md';
const FRONT_END_PROGRAM = 'test/front-end-of-the-document.ts';
const DEFAULT_KEY = 'change-me-internal-key';

interface Typing {
  readonly script: string;
  readonly stdout: string;
}

describe('the code in the documents', () => {
  const blocks = codeBlocks();

  describe('is compiled,', function () {
    this.timeout(120_000);
    let server: RuntimeServer;
    let problems: readonly string[] = [];
    let compiled: readonly string[] = [];

    // All of it at once, since the compiler reads the types of all packages each time.
    before(async () => {
      server = await RuntimeServer.start({ settings: { INTERNAL_API_KEY: DEFAULT_KEY } });
      const files = written('ts').flatMap(({ path, text }) => (path === undefined ? [] : [[path, text] as const]));
      const compilation = compiledWith({ ...Object.fromEntries(files), [FRONT_END_PROGRAM]: frontEnd(server.origin) });
      problems = compilation.problems;
      compiled = compilation.write();
    });
    after(async () => {
      for (const path of compiled) rmSync(path, { force: true });
      await server.close();
    });

    const compiledTo = (end: string) => compiled.filter((path) => path.endsWith(end));

    it('without a mistake', () => {
      expect(problems).to.deep.equal([]);
    });

    it('where it is a new file of the project, and passes the contract that it calls', async () => {
      for (const path of ['llm/acme/acme-provider.js', 'persistence/map/map-store.js'])
        expect(compiledTo(`src/adapters/outbound/${path}`), path).to.have.length(1);
      const tests = compiledTo('.test.js');
      expect(tests).to.have.length(2);
      for (const test of tests) {
        const { stdout } = await run(process.execPath, [mocha(), '--no-config', '--timeout', '30000', test]);
        expect(stdout).to.match(/\d{2,} passing/);
      }
    });

    it('as one program where it is a front end, which does with a server what the text says', async () => {
      const { stdout } = await run(process.execPath, compiledTo(FRONT_END_PROGRAM.replace(/ts$/, 'js')));
      expect(stdout)
        .to.include('Hello there (stop)')
        .and.include('what is in it what is in it \n')
        .and.include('A first try');
      expect(stdout).to.match(/session_not_found 404 .* false\n$/);
    });
  });

  it('is a quotation of the source where it names no file', () => {
    const sources = readdirSync(new URL('src', ROOT), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(new URL(`src/${path}`, ROOT), 'utf8'));
    const invented = written('ts').filter(
      ({ path, text, document }) =>
        path === undefined && document !== FRONT_END && !sources.some((source) => source.includes(text.trim())),
    );
    expect(invented.map(({ place }) => place)).to.deep.equal([]);
  });

  it('can be read as what it says it is', () => {
    for (const { text, place } of written('js')) new Script(`async () => {\n${text}\n}`, { filename: place });
    for (const { text } of written('json')) JSON.parse(text);
    for (const { text, place } of [...written('sh'), ...written('console')]) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: typed(text), encoding: 'utf8' });
      expect([place, status, stderr]).to.deep.equal([place, 0, '']);
    }
  });

  it('is a file of agents that works with the mock, where it is one', async () => {
    const files = written('yaml').filter(({ text }) => text.startsWith('agents:'));
    expect(files).not.to.deep.equal([]);
    const folder = mkdtempSync(join(tmpdir(), 'agent-runtime-documents-'));
    const path = join(folder, 'agents.yaml');
    try {
      for (const { text, place } of files) {
        writeFileSync(path, text.replaceAll(/\$\{\w+\}/g, 'somebody'));
        const server = await RuntimeServer.start({ settings: { AGENTS_FILE: path } });
        const { text: answer } = await server.converse('Hello there');
        await server.close();
        expect(answer, place).to.equal('Hello there ');
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const withCalls = [...written('sh'), ...written('console')].filter(({ text }) => /curl.*localhost:8001/.test(text));
  describe('can be typed as it stands, with a server running', function () {
    this.timeout(60_000);
    const documents = [...new Set(withCalls.map(({ document }) => document))];
    const typings = new Map<string, Promise<Typing>>();

    before(() => {
      for (const document of documents) typings.set(document, typing(document));
    });

    for (const document of documents) {
      it(document, async () => {
        const { script, stdout } = (await typings.get(document)) ?? { script: '', stdout: '' };
        expect(stdout).to.include('"is_final":true').and.include('data: [DONE]').and.not.include('"status":4');
        const cuts = script.match(/--max-time/g)?.length ?? 0;
        expect(stdout.match(/^: ok$/gm)?.length ?? 0).to.be.above(cuts);
      });
    }
  });

  /** Types all that a document says to a server of its own. */
  async function typing(document: string): Promise<Typing> {
    // Slow enough that a reader who leaves after two seconds leaves in the middle.
    const settings = { INTERNAL_API_KEY: DEFAULT_KEY, MOCK_DELAY_MS: '400' };
    const server = await RuntimeServer.start({ settings });
    const folder = mkdtempSync(join(tmpdir(), 'agent-runtime-documents-'));
    try {
      const all = withCalls.filter((block) => block.document === document).map(({ text }) => typed(text));
      const script = all.join('\n').replaceAll('http://localhost:8001', server.origin);
      const { stdout } = await run('bash', ['-uc', script], { cwd: folder });
      return { script, stdout };
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  function frontEnd(origin: string): string {
    const parts = written('ts').filter(({ document }) => document === FRONT_END);
    return parts
      .map(({ text }) => text)
      .join('')
      .replaceAll('http://localhost:8001', origin);
  }

  function written(language: string) {
    return blocks.filter((block) => block.language === language);
  }
});

/** What a reader types: all of it, or in a session what follows its prompts. */
function typed(text: string): string {
  if (!text.startsWith('$ ')) return text;
  const commands = text.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm);
  return Array.from(commands, ([, command]) => `${command}\n`).join('');
}

function mocha(): string {
  return new URL('node_modules/mocha/bin/mocha.js', ROOT).pathname;
}
