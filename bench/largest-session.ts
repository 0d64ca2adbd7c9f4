import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ended, forked, ownFile } from './forked.js';
import { read } from './load.js';
import { rssOf } from './process-cost.js';
import { STORES, type StoreName, serviceOn } from './service.js';
import type { Subject } from './subject.js';
import { markdown } from './table.js';

const READERS = 50;
const MEBIBYTE = 1024 * 1024;
const LOOK_MS = 20;
/** Of a session that may have 64 MB, with messages as large as they may be where nothing is set. */
const MESSAGES = 63;
const SETTINGS = { SESSION_MEMORY_MB: '256' };
const PADDING = 'x'.repeat(1_000_000);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** The largest session, read by 50 clients at once, on each store: what the process grows by, and how long /health
 *  takes meanwhile. */
async function main(stores: readonly StoreName[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-bench-'));
  const upstream = await forked(ownFile('upstream.js'));
  const rows: string[][] = [];
  for (const store of stores) {
    const subject = await serviceOn(store, upstream.origin, folder, store === 'memory' ? SETTINGS : {});
    await fill(subject);
    // The second time, the process has the room that the first one took.
    for (const time of ['first', 'second']) rows.push([`${store}, ${time} time`, ...(await cells(subject))]);
    tell(rows.at(-2)?.join(', ') ?? '');
    tell(rows.at(-1)?.join(', ') ?? '');
    await subject.stop();
  }
  const head = ['store', 'session', 'growth (≤ 200 MiB)', 'longest /health (≤ 100 ms)', 'all read in'];
  process.stdout.write(`${markdown([head, ...rows])}\n`);
  await ended(upstream.child);
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

async function fill(subject: Subject): Promise<void> {
  for (let message = 0; message < MESSAGES; message += 1)
    await read(subject, { sessionId: 'largest', scenario: { tokens: 1, every: 0 }, padding: PADDING });
  await subject.heap();
}

async function cells(subject: Subject): Promise<readonly string[]> {
  const { child } = await forked(ownFile('readers.js'), [
    `${subject.origin}/agent/sessions/largest/messages`,
    `${READERS}`,
  ]);
  const watch = new Watch(subject, await rssOf(subject.pid));
  const begunAt = performance.now();
  const answered = heardOf(child);
  child.send('read');
  const looking = watch.lookUntil(answered);
  const bytes = await answered;
  const seconds = (performance.now() - begunAt) / 1000;
  await looking;
  await ended(child);
  const size = Math.min(...bytes) / MEBIBYTE;
  return [
    `${size.toFixed(1)} MiB`,
    `${(watch.growth / MEBIBYTE).toFixed(0)} MiB`,
    `${watch.longest.toFixed(0)} ms`,
    `${seconds.toFixed(1)} s`,
  ];
}

/** How much each reader got. Rejects where one got less than all. */
function heardOf(readers: ChildProcess): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    readers.once('message', resolve);
    readers.once('exit', () => reject(new Error('An answer broke off.')));
  });
}

class Watch {
  growth = 0;
  longest = 0;

  constructor(
    private readonly subject: Subject,
    private readonly before: number,
  ) {}

  async lookUntil(end: Promise<unknown>): Promise<void> {
    let isOver = false;
    void end.then(() => {
      isOver = true;
    });
    while (!isOver) await this.look();
  }

  private async look(): Promise<void> {
    const askedAt = performance.now();
    await (await fetch(`${this.subject.origin}/health`)).arrayBuffer();
    this.longest = Math.max(this.longest, performance.now() - askedAt);
    this.growth = Math.max(this.growth, (await rssOf(this.subject.pid)) - this.before);
    await delay(LOOK_MS);
  }
}

function isStore(name: string): name is StoreName {
  return Object.hasOwn(STORES, name);
}

await main((process.argv[2]?.split(',') ?? Object.keys(STORES)).filter(isStore));
