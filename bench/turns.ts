import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, forked, ownFile } from './forked.js';
import { cpu, inTurn, read } from './load.js';
import { rssOf } from './process-cost.js';
import { STORES, type StoreName, serviceOn } from './service.js';
import type { Subject } from './subject.js';
import { markdown } from './table.js';

/** At so many turns the cost of one is measured. */
const MARKS = [10, 1000, 10_000];
const MEASURED = 50;
const MEBIBYTE = 1024 * 1024;
const SCENARIO = { tokens: 20, every: 0 };
/** A prompt that would have no bound would be measured for its own length. */
const AGENTS = JSON.stringify({ agents: { default: { context: { max_tokens: 4000 } } } });

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** What a turn costs in one session that grows, on each store: CPU, and what the process holds by then. */
async function main(stores: readonly StoreName[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-bench-'));
  const AGENTS_FILE = join(folder, 'agents.json');
  await writeFile(AGENTS_FILE, AGENTS);
  const upstream = await forked(ownFile('upstream.js'));
  const rows: string[][] = [];
  for (const store of stores) {
    const subject = await serviceOn(store, upstream.origin, folder, { AGENTS_FILE });
    await inTurn(subject, 1000, SCENARIO);
    rows.push([store, ...(await cells(store, subject))]);
    await subject.stop();
  }
  process.stdout.write(`${markdown([['store', ...MARKS.map((mark) => `at ${mark} turns`)], ...rows])}\n`);
  await ended(upstream.child);
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

async function cells(store: StoreName, subject: Subject): Promise<readonly string[]> {
  const told: string[] = [];
  let turns = 0;
  for (const mark of MARKS) {
    for (; turns < mark; turns += 1) await turn(subject);
    const used = await cpu(subject, async () => {
      for (let count = 0; count < MEASURED; count += 1) await turn(subject);
    });
    turns += MEASURED;
    const heap = ((await subject.heap()) ?? 0) / MEBIBYTE;
    const rss = (await rssOf(subject.pid)) / MEBIBYTE;
    told.push(`${(used / MEASURED).toFixed(2)} ms, heap ${heap.toFixed(0)} MiB, resident ${rss.toFixed(0)} MiB`);
    tell(`${store} at ${mark} turns: ${told.at(-1)}`);
  }
  return told;
}

function turn(subject: Subject): Promise<void> {
  return read(subject, { sessionId: 'growing', scenario: SCENARIO });
}

function isStore(name: string): name is StoreName {
  return Object.hasOwn(STORES, name);
}

await main((process.argv[2]?.split(',') ?? Object.keys(STORES)).filter(isStore));
