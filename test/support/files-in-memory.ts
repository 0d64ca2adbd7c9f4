import { existsSync, readFileSync, statfsSync } from 'node:fs';

const FOLDER = '/dev/shm';
const MOUNTS = '/proc/mounts';
const ENOUGH_BYTES = 2 * 1024 ** 3;

/** What tests write is gone a moment later. Where the system keeps a folder in memory that has room, and from which
 *  programs may run, nobody waits for a disk: neither this process nor those that it begins from now on. */
export function keepFilesInMemory(): void {
  if (process.env.TMPDIR === undefined && isUsable()) process.env.TMPDIR = FOLDER;
}

function isUsable(): boolean {
  if (!existsSync(MOUNTS) || !existsSync(FOLDER)) return false;
  const mounts = readFileSync(MOUNTS, 'utf8').split('\n');
  const [, , kind, options = ''] = mounts.findLast((line) => line.split(' ')[1] === FOLDER)?.split(' ') ?? [];
  if (kind !== 'tmpfs' || options.split(',').includes('noexec')) return false;
  const { bavail, bsize } = statfsSync(FOLDER);
  return bavail * bsize >= ENOUGH_BYTES;
}
