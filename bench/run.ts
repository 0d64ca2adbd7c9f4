import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure, Size } from './figure.js';
import { FIGURES } from './figures.js';
import { ended, forked, ownFile } from './forked.js';
import { inTurn, together } from './load.js';
import { type BenchOptions, benchOptions, USAGE } from './options.js';
import { installPeers } from './peers.js';
import type { NewSubject, Subject } from './subject.js';
import { SUBJECTS } from './subjects.js';
import { table } from './table.js';

const WARM_UP = 1000;

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Our service beside the floor, figure by figure. Ends with 1 only where bytes were wrong. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-bench-'));
  const upstream = await forked(ownFile('upstream.js'));
  try {
    const peers = options.peers ? await installPeers(folder) : {};
    const subjects = { ...chosenOf(options.subjects), ...peers };
    const report = [
      ...machine(),
      '',
      table(
        FIGURES,
        Object.keys(subjects),
        await measured(options, subjects, (start) => start(upstream.origin, folder)),
      ),
    ].join('\n');
    process.stdout.write(`${report}\n`);
    if (options.out !== undefined) await writeFile(options.out, `${report}\n`);
  } finally {
    await ended(upstream.child);
    await rm(folder, { recursive: true, force: true });
  }
  process.exit(0);
}

function optionsOrExit(): BenchOptions {
  try {
    return benchOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

type Subjects = Readonly<Record<string, NewSubject>>;
type Values = Map<string, number[]>;
type Start = (start: NewSubject) => Promise<Subject>;

function chosenOf(names: readonly string[]): Subjects {
  return Object.fromEntries(Object.entries(SUBJECTS).filter(([name]) => names.includes(name)));
}

async function measured({ figures, size, rounds }: BenchOptions, subjects: Subjects, begin: Start) {
  const results = new Map<string, Values>();
  for (const name of figures) {
    const figure = FIGURES[name];
    if (figure === undefined) throw new Error(`There is no figure ${name}.`);
    const values: Values = new Map();
    results.set(name, values);
    for (let round = 1; round <= rounds; round += 1) {
      await measureOnce(figure, size, subjects, begin, values);
      tell(`${name}: round ${round} of ${rounds}: ${lastOf(figure, values)}`);
    }
  }
  return results;
}

/** One subject after the other, each a fresh process that is warmed up: nothing that one leaves behind is seen in the
 *  next. */
async function measureOnce(
  figure: Figure,
  size: Size,
  subjects: Subjects,
  begin: Start,
  values: Values,
): Promise<void> {
  for (const [name, start] of Object.entries(subjects)) {
    if (figure.without.includes(name)) continue;
    const subject = await begin(start);
    try {
      await warmUp(subject);
      values.set(name, [...(values.get(name) ?? []), await figure.measure(subject, size)]);
    } finally {
      await subject.stop();
    }
  }
}

/** What comes first is compiled while it runs, and would count for more than all the rest. */
async function warmUp(subject: Subject): Promise<void> {
  await together(subject, 100, { tokens: 200, every: 5 });
  await inTurn(subject, WARM_UP, { tokens: 20, every: 0 });
  await together(subject, 10, { tokens: 2000, every: 0 });
}

function lastOf({ unit }: Figure, bySubject: ReadonlyMap<string, readonly number[]>): string {
  return [...bySubject].map(([name, values]) => `${name} ${values.at(-1)?.toFixed(2)} ${unit}`).join(', ');
}

function machine(): readonly string[] {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const [{ model } = { model: 'unknown' }] = cpus();
  return [
    `${availableParallelism()} cores of ${model}, Node ${process.version}, commit ${commit}, ${new Date().toISOString().slice(0, 10)}.`,
    'Medians; ± is half the distance between the best round and the worst.',
  ];
}

await main();
