import { readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU that a process has used, in the system's own accounting: user and kernel, in steps of 10 ms. */
export async function cpuOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** Bytes of memory that a process holds. */
export async function rssOf(pid: number): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
