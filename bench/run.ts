import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIGURES, type Figure, inTurn, together } from './figures.js';
import { type BenchOptions, benchOptions, USAGE } from './options.js';
import { ended, forked, SUBJECTS, type Subject } from './subjects.js';
import { table } from './table.js';

const WARM_UP = 1000;

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Our service beside the floor, figure by figure. Ends with 1 only where bytes were wrong. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-bench-'));
  const upstream = await forked('upstream.js');
  try {
    const report = [
      ...machine(),
      '',
      table(FIGURES, options.subjects, await measured(options, upstream.origin, folder)),
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

type Values = Map<string, number[]>;

async function measured({ figures, ...options }: BenchOptions, upstreamUrl: string, folder: string) {
  const results = new Map<string, Values>();
  for (const name of figures) {
    const figure = FIGURES[name];
    if (figure === undefined) throw new Error(`There is no figure ${name}.`);
    const values: Values = new Map();
    results.set(name, values);
    for (let round = 1; round <= options.rounds; round += 1) {
      await measureOnce(figure, options, values, (subject, act) => withSubject(subject, upstreamUrl, folder, act));
      tell(`${name}: round ${round} of ${options.rounds}: ${lastOf(figure, values)}`);
    }
  }
  return results;
}

type With = (name: string, act: (subject: Subject) => Promise<number>) => Promise<number>;

/** One subject after the other: what the machine does meanwhile is shared out among them, round by round. */
async function measureOnce(
  figure: Figure,
  { size, subjects }: Pick<BenchOptions, 'size' | 'subjects'>,
  values: Values,
  using: With,
): Promise<void> {
  for (const name of subjects.filter((subject) => !figure.without.includes(subject))) {
    const value = await using(name, (subject) => figure.measure(subject, size, name));
    values.set(name, [...(values.get(name) ?? []), value]);
  }
}

/** Each value is that of a fresh process, warmed up: nothing that one figure leaves behind is seen in the next. */
async function withSubject(
  name: string,
  upstreamUrl: string,
  folder: string,
  measure: (subject: Subject) => Promise<number>,
) {
  const start = SUBJECTS[name];
  if (start === undefined) throw new Error(`There is no subject ${name}.`);
  const subject = await start(upstreamUrl, folder);
  try {
    await warmUp(subject, name);
    return await measure(subject);
  } finally {
    await subject.stop();
  }
}

/** What comes first is compiled while it runs, and would count for more than all the rest. */
async function warmUp(subject: Subject, name: string): Promise<void> {
  await together(subject, name, 50, { tokens: 50, every: 1 });
  await inTurn(subject, name, WARM_UP, { tokens: 20, every: 0 });
  await together(subject, name, 10, { tokens: 2000, every: 0 });
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
