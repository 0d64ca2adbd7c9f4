import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The ids of the processes that this one has begun and that are still there. */
export function childProcesses(parent: number): number[] {
  const pairs = existsSync('/proc/self/stat') ? fromProc() : fromPs();
  return pairs.flatMap(([pid, itsParent]) => (itsParent === parent ? [pid] : []));
}

/** Where Linux shows its processes; a small system has no `ps`. */
function fromProc(): [pid: number, parent: number][] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.map((pid) => [pid, parentOf(pid)]);
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    // It has ended since it was listed.
    return Number.NaN;
  }
}

function fromPs(): [pid: number, parent: number][] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows.map((row) => {
    const [pid = Number.NaN, parent = Number.NaN] = row.trim().split(/\s+/).map(Number);
    return [pid, parent];
  });
}
