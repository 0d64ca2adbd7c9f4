import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fetchedPackage } from './fetched-package.js';

/** A program that is there, and what its environment must have for it to run. */
export interface SystemProgram {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One that can be moved, with all that lies in its folder. */
export interface UnpackedProgram extends SystemProgram {
  readonly tree: string;
}

export interface SoughtProgram {
  /** Its names; each does. */
  readonly programs: readonly string[];
  /** The system's packages that bring one of them; the first that is offered is fetched. */
  readonly packages: readonly string[];
  /** The advice for a machine that has none and can fetch none: one sentence. */
  readonly howToGetIt: string;
}

/** Where programs are that are not on everybody's PATH. */
const PLACES = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/usr/sbin'];

/** Where a fetched package may have its programs. What Chromium and PostgreSQL have elsewhere comes first: at the usual
 *  places are scripts of theirs, which look for the program where it would be if it were installed. */
const FOLDERS = ['usr/lib/*', 'usr/lib/*/*/bin', 'usr/bin', 'usr/sbin', 'bin', 'sbin'];

const fetches = new Map<string, Promise<UnpackedProgram>>();

/** The program of this machine, else the one of the system's package, which is fetched once into a folder of this
 *  checkout. */
export async function systemProgram(sought: SoughtProgram): Promise<SystemProgram> {
  return installedProgram(sought.programs) ?? fetchedOnce(sought);
}

/** The program of this machine; undefined where it has none. */
export function installedProgram(
  programs: readonly string[],
  folders = [...(process.env.PATH ?? '').split(delimiter), ...PLACES],
): SystemProgram | undefined {
  const named = folders.filter((folder) => folder !== '');
  const path = programs.flatMap((program) => named.map((folder) => resolve(folder, program))).find(isProgram);
  return path === undefined ? undefined : { path, environment: {} };
}

/** The one of the system's package, whatever is installed. Whoever asks again hears the same, at once: it may have
 *  taken its time to find that there is no network. */
export function fetchedOnce(sought: SoughtProgram, cache?: string): Promise<UnpackedProgram> {
  const name = sought.packages.join();
  const fetched = fetches.get(name) ?? fetchedProgram(sought, cache);
  fetches.set(name, fetched);
  return fetched;
}

async function fetchedProgram(sought: SoughtProgram, cache?: string): Promise<UnpackedProgram> {
  try {
    return programIn(await fetchedPackage(sought.packages, cache), sought.programs);
  } catch (cause) {
    throw new Error(sought.howToGetIt, { cause });
  }
}

function programIn(tree: string, programs: readonly string[]): UnpackedProgram {
  const inside = installedProgram(
    programs,
    FOLDERS.flatMap((pattern) => matching(tree, pattern.split('/'))),
  );
  if (inside === undefined) throw new Error(`There is no ${programs.join(' or ')} in ${tree}.`);
  return { ...inside, tree, environment: { LD_LIBRARY_PATH: librariesOf(tree).join(delimiter) } };
}

/** The folders at this path, where `*` stands for any name. */
function matching(folder: string, [name, ...rest]: readonly string[]): string[] {
  if (!existsSync(folder)) return [];
  if (name === undefined) return [folder];
  if (name !== '*') return matching(join(folder, name), rest);
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inside.flatMap((entry) => matching(join(folder, entry.name), rest));
}

/** Each system and kind of processor has folders of its own for them, so we look where they are. */
function librariesOf(tree: string): string[] {
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((path) => /\.so(\.\d+)*$/.test(path));
  return [...new Set(files.map((path) => join(tree, dirname(path))))];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
