import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

const MODULE = new URL('system-program.js', import.meta.url).href;
const SOUGHT = { programs: ['greeter'], packages: ['no-such-package', 'greeter'], howToGetIt: 'Install a greeter.' };
const FETCH = `
  const { fetchedOnce } = await import(${JSON.stringify(MODULE)});
  const [sought, cache] = process.argv.slice(1);
  try {
    console.log(JSON.stringify(await fetchedOnce(JSON.parse(sought), cache)));
  } catch (error) {
    console.log(JSON.stringify({ failure: error.message }));
  }`;

/** With a mirror on this disk, which offers a program and the library that it needs. */
describe('fetchedOnce', () => {
  let folder: string;
  let mirror: string;
  let cache: string;

  before(function () {
    for (const program of ['apt-get', 'dpkg-deb']) if (spawnSync(program, ['--version']).status !== 0) this.skip();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-runtime-packages-'));
    [mirror, cache] = [join(folder, 'mirror'), join(folder, 'cache')];
    mkdirSync(mirror);
    const entries = [
      offer(mirror, 'greeter', { 'usr/bin/greeter': '#!/bin/sh\necho hello from $LD_LIBRARY_PATH\n' }, 'greeter-words'),
      offer(mirror, 'greeter-words', { 'usr/lib/some-system/libwords.so.1': '' }),
    ];
    writeFileSync(join(mirror, 'Packages'), entries.join('\n'));
    writeFileSync(join(folder, 'sources.list'), `deb [trusted=yes] file:${mirror} ./\n`);
    writeFileSync(
      join(folder, 'apt.conf'),
      `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";\nDir::Etc::sourceparts "-";\n`,
    );
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is the first package that is offered, with what that needs, and is found without the mirror from then on', async () => {
    const first = await fetched();
    rmSync(mirror, { recursive: true });
    const second = await fetched();
    expect(second).to.deep.equal(first);
    const { path = '', environment } = second;
    const said = execFileSync(path, { env: { ...process.env, ...environment }, encoding: 'utf8' });
    expect(said).to.match(/^hello from .*usr\/lib\/some-system$/m);
  });

  it('is one for all processes that fetch it at once', async () => {
    const found = await Promise.all([fetched(), fetched(), fetched()]);
    expect(found.map(({ failure }) => failure)).to.deep.equal([undefined, undefined, undefined]);
    expect(new Set(found.map(({ path }) => path)).size).to.equal(1);
    expect(leftovers()).to.have.length(1);
  });

  it('says in one sentence how to get it where no mirror can be reached, and leaves nothing half done', async () => {
    rmSync(mirror, { recursive: true });
    expect(await fetched()).to.deep.equal({ failure: 'Install a greeter.' });
    expect(leftovers()).to.deep.equal([]);
  });

  /** In a process of its own, with this mirror for all that there is. */
  async function fetched(): Promise<Fetched> {
    const child: ChildProcess = spawn(
      process.execPath,
      ['--input-type=module', '-e', FETCH, JSON.stringify(SOUGHT), cache],
      { env: { ...process.env, APT_CONFIG: join(folder, 'apt.conf') }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const [output] = await Promise.all([child.stdout ? text(child.stdout) : '', once(child, 'exit')]);
    return JSON.parse(output);
  }

  function leftovers(): string[] {
    return readdirSync(cache).flatMap((system) => readdirSync(join(cache, system)));
  }
});

interface Fetched {
  readonly path?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly failure?: string;
}

/** Builds the package, and gives its entry in the mirror's index. */
function offer(mirror: string, name: string, files: Readonly<Record<string, string>>, depends?: string): string {
  const tree = join(mirror, `${name}.tree`);
  const control = [
    `Package: ${name}`,
    'Version: 1',
    'Architecture: all',
    'Maintainer: Tests <tests@example.com>',
    ...(depends === undefined ? [] : [`Depends: ${depends}`]),
    'Description: for a test',
  ].join('\n');
  for (const [path, content] of Object.entries({ ...files, 'DEBIAN/control': `${control}\n` })) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), content);
    chmodSync(join(tree, path), 0o755);
  }
  const deb = join(mirror, `${name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, deb], { stdio: 'ignore' });
  const bytes = readFileSync(deb);
  const sum = createHash('sha256').update(bytes).digest('hex');
  return `${control}\nFilename: ./${name}.deb\nSize: ${bytes.length}\nSHA256: ${sum}\n`;
}
