import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Beside `dist-test`, so that a new build keeps what was fetched. */
const CACHE = fileURLToPath(new URL('../../../.cache/system-packages', import.meta.url));

/** Milliseconds until a mirror that says nothing counts as away. The largest is Chromium, with 120 MB. */
const PATIENCE = 300_000;

const run = promisify(execFile);

/** The first of these packages that the system's packager offers, with what it needs and this machine lacks, unpacked
 *  in a folder of this checkout: no root, no installation, and no network the next time. Resolves with that folder.
 *  Rejects where there is no apt-get, or none of its mirrors can be reached. */
export async function fetchedPackage(packages: readonly string[], cache = CACHE): Promise<string> {
  const shelf = join(cache, system());
  const folder = join(shelf, packages[0] ?? '');
  if (existsSync(folder)) return folder;
  mkdirSync(shelf, { recursive: true });
  const work = mkdtempSync(join(shelf, 'fetching-'));
  try {
    process.stderr.write(`Fetching ${packages[0]} from the system's packages, once, into ${cache}\n`);
    await fetch(packages, work);
    keep(join(work, 'tree'), folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A checkout may be seen by several systems, each with libraries of its own. */
function system(): string {
  const path = '/etc/os-release';
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [id, version] = ['ID', 'VERSION_ID'].map(
    (name) => new RegExp(`^${name}="?([\\w.]+)`, 'm').exec(text)?.[1] ?? '',
  );
  return [id, version, process.arch].join('-');
}

async function fetch(packages: readonly string[], work: string): Promise<void> {
  const call = caller(work, AbortSignal.timeout(PATIENCE));
  const apt = (...args: readonly string[]) => call('apt-get', [...optionsFor(work), '-q', ...args]);
  mkdirSync(join(work, 'lists', 'partial'), { recursive: true });
  // Where one of several mirrors fails, the others may have what is needed.
  const failure = await apt('update').then(
    () => undefined,
    (error: unknown) => error,
  );
  await apt('download', ...(await missing(packages, apt, failure)));
  for (const deb of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    await call('dpkg', ['-x', join(work, deb), join(work, 'tree')]);
  }
}

/** All of apt's state is below our folder, so it needs no lock and no other user. */
function optionsFor(work: string): string[] {
  const settings = {
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': work,
    'APT::Sandbox::User': '',
    'Debug::NoLocking': '1',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** What would be installed with the first package that is offered, by the system's own list of what it has:
 *  `name=version`. */
async function missing(
  packages: readonly string[],
  apt: (...args: readonly string[]) => Promise<string>,
  earlierFailure: unknown,
): Promise<readonly string[]> {
  let failure = earlierFailure;
  for (const name of packages) {
    try {
      const plan = await apt('--simulate', '--no-install-recommends', 'install', name);
      return [...plan.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(([, each, version]) => `${each}=${version}`);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Runs a program in this folder, and gives what it printed. */
function caller(cwd: string, signal: AbortSignal) {
  const PATH = [process.env.PATH, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
  const env = { ...process.env, PATH, LC_ALL: 'C' };
  return async (program: string, args: readonly string[]): Promise<string> => {
    const called = run(program, args, { cwd, env, signal, maxBuffer: 16 * 1024 * 1024 });
    called.child.stdin?.end();
    return (await called).stdout;
  };
}

/** Whole or not at all. Another process may have been faster: then its folder serves. */
function keep(tree: string, folder: string): void {
  try {
    chmodSync(tree, 0o755);
    renameSync(tree, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
