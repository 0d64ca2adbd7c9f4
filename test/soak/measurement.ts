import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ServiceProcess } from '../support/service-process.js';

/** What the process of the service holds at one moment. Bytes, or counts. */
export type Measurement = Readonly<Record<string, number>>;

const reportSchema = z.object({
  rss: z.number(),
  heapUsed: z.number(),
  external: z.number(),
  timers: z.number(),
  resources: z.number(),
});

/** After a garbage collection. Descriptors and threads only where the system tells them. */
export async function measure(service: ServiceProcess): Promise<Measurement> {
  const report = reportSchema.parse(await service.ask('what do you hold?'));
  return { ...report, ...(await countsOf(service.pid)) };
}

async function countsOf(pid: number): Promise<Measurement> {
  if (!existsSync(`/proc/${pid}/fd`)) return {};
  const [, threads] = /^Threads:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { descriptors: (await readdir(`/proc/${pid}/fd`)).length, threads: Number(threads) };
}
