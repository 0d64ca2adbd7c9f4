import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../support/service-process.js';
import { SMUGGLED_SESSION } from './raw-shapes.js';

const SETTLED_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 50;

/** What is wrong with the service now that nobody asks it anything any more; `socketsBefore` as `socketsOf` told it. */
export async function harmTo(service: ServiceProcess, socketsBefore: number | undefined): Promise<readonly string[]> {
  if (!service.runs) return ['the process has ended'];
  const harm: string[] = [];
  const health = await service.get('/health', { Connection: 'close' });
  if (health.status !== 200) harm.push(`/health answers ${health.status}`);
  const smuggled = await service.get(`/agent/sessions/${SMUGGLED_SESSION}`, { Connection: 'close' });
  if (smuggled.status !== 404) harm.push('a smuggled request was carried out');
  const left = await socketsLeft(service.pid, socketsBefore);
  if (left > 0) harm.push(`${left} sockets are still open`);
  return harm;
}

/** How many sockets the process holds; undefined on a system that does not tell. */
export async function socketsOf(pid: number): Promise<number | undefined> {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return undefined;
  const links = (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => link.startsWith('socket:')).length;
}

async function socketsLeft(pid: number, before: number | undefined): Promise<number> {
  const end = performance.now() + SETTLED_WITHIN_MS;
  while (true) {
    const left = ((await socketsOf(pid)) ?? 0) - (before ?? 0);
    if (left <= 0 || before === undefined || performance.now() > end) return Math.max(0, left);
    await delay(LOOK_AGAIN_MS);
  }
}
