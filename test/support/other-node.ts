import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Beside `dist-test`, so that a new build keeps what was fetched. */
const CACHE = fileURLToPath(new URL('../../../.cache/nodes', import.meta.url));

/** The releases that are fetched, by the first number of their version. */
const RELEASES = { 20: '20.20.2', 22: '22.23.3' } as const;

const run = promisify(execFile);

/** A Node of another age: the one that runs this, one of this machine, else one that CI fetches. Undefined where there
 *  is none. */
export async function findNode(major: keyof typeof RELEASES | 24): Promise<string | undefined> {
  const here = [process.execPath, ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))];
  const installed = here.find((path) => existsSync(path) && majorOf(path) === major);
  if (installed !== undefined || major === 24) return installed;
  const path = join(CACHE, RELEASES[major], process.arch, 'node');
  if (!existsSync(path) && (process.env.CI ?? '') !== '') await fetchNode(RELEASES[major], path);
  return existsSync(path) ? path : undefined;
}

function majorOf(path: string): number | undefined {
  try {
    return Number(/^v(\d+)\./.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]);
  } catch {
    return undefined;
  }
}

/** npm has each release as a package for each kind of system. Whole or not at all. */
async function fetchNode(release: string, path: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, 'fetching-'));
  try {
    process.stderr.write(`Fetching Node ${release}, once, into ${CACHE}\n`);
    const name = `node-${process.platform}-${process.arch}@${release}`;
    const { stdout } = await run('npm', ['pack', '--silent', name], { cwd: work, timeout: 300_000 });
    await run('tar', ['-xzf', stdout.trim()], { cwd: work });
    mkdirSync(join(path, '..'), { recursive: true });
    renameSync(join(work, 'package/bin/node'), path);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
