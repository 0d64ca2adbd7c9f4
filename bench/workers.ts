import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, forked, ownFile } from './forked.js';
import { inTurn } from './load.js';
import { exactCpuOf } from './process-cost.js';
import { serviceOn } from './service.js';
import type { Subject } from './subject.js';
import { markdown, median } from './table.js';

const ROUNDS = 5;
const REQUESTS = 2000;
const CLIENTS = 40;
const SCENARIO = { tokens: 20, every: 0 };

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

interface Measured {
  readonly perSecond: number;
  /** Milliseconds of all workers. */
  readonly cpuPerRequest: number;
  /** How many cores the workers took on average. */
  readonly cores: number;
}

/** How many requests a second one worker answers, and two, on Redis, in turn. Model, clients and Redis want cores as
 *  well: where the machine has no more than two, a second worker takes the core that they had. */
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-bench-'));
  const upstream = await forked(ownFile('upstream.js'));
  const results: Record<'1' | '2', Measured[]> = { '1': [], '2': [] };
  for (let round = 1; round <= ROUNDS; round += 1)
    for (const workers of ['1', '2'] as const) {
      const subject = await serviceOn('redis', upstream.origin, folder, { WORKERS: workers });
      results[workers].push(await measured(subject));
      await subject.stop();
      tell(`round ${round} of ${ROUNDS}, workers ${workers}: ${toldOf(results[workers].slice(-1)).join(', ')}`);
    }
  const head = ['workers', 'requests a second', 'CPU per request', 'cores taken'];
  const rows = Object.entries(results).map(([workers, rounds]) => [workers, ...toldOf(rounds)]);
  process.stdout.write(`${markdown([head, ...rows])}\n`);
  await ended(upstream.child);
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

async function measured(subject: Subject): Promise<Measured> {
  await inTurn(subject, REQUESTS, SCENARIO, CLIENTS);
  const processes = await withChildren(subject.pid);
  const before = await cpuOfAll(processes);
  const begunAt = performance.now();
  await inTurn(subject, REQUESTS, SCENARIO, CLIENTS);
  const took = performance.now() - begunAt;
  const used = (await cpuOfAll(processes)) - before;
  return { perSecond: (REQUESTS / took) * 1000, cpuPerRequest: used / REQUESTS, cores: used / took };
}

/** One worker serves in the process that was started; several are children of it. */
async function withChildren(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

async function cpuOfAll(processes: readonly number[]): Promise<number> {
  const used = await Promise.all(processes.map(exactCpuOf));
  return used.reduce((sum, milliseconds) => sum + milliseconds, 0);
}

function toldOf(rounds: readonly Measured[]): readonly string[] {
  const of = (name: keyof Measured) => median(rounds.map((round) => round[name]));
  return [of('perSecond').toFixed(0), `${of('cpuPerRequest').toFixed(2)} ms`, of('cores').toFixed(2)];
}

await main();
