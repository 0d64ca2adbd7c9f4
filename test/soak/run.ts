import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ServiceProcess } from '../support/service-process.js';
import { keepTalking, type StreamCounts } from './lane.js';
import { type Measurement, measure } from './measurement.js';
import { startModel } from './model.js';
import { type SoakOptions, soakOptions, USAGE } from './options.js';
import { growthOf, type Point, trendOf } from './trend.js';

interface Sample {
  readonly hours: number;
  readonly values: Measurement;
}

const tell = (lines: string): void => void process.stdout.write(`${lines}\n`);

const SELF_REPORT = new URL('./self-report.js', import.meta.url);
const ROUNDS = 25;
/** Of the rounds. */
const WARM_UP_SHARE = 0.2;
/** Until the last stream's connections, timers and journals are gone. */
const SETTLING_MS = 15_000;
const MOST_WRONG_SHOWN = 20;

/** What is kept for a while must be gone when a round is over or reach its bound during the warm-up, or it would look
 *  like a leak. */
const SETTINGS = {
  LLM_MODE: 'proxy',
  SESSION_TTL_S: '60',
  JOURNAL_TTL_S: '10',
  MAX_SESSIONS: '1000',
  JOURNAL_MEMORY_MB: '64',
  FIRST_TOKEN_TIMEOUT_MS: '20000',
  IDLE_TIMEOUT_MS: '5000',
};

/** Hundreds of streams at a time for a long while; then the questions whether each was right, and whether anything
 *  grew. What the service holds is measured at rest, between two rounds: under load it is the number of streams that
 *  happen to be open. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  tell(`seed ${options.seed}, ${options.streams} streams at a time, ${options.minutes} minutes`);
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-soak-'));
  const model = await startModel(options.seed);
  const execArgv = ['--expose-gc', '--import', fileURLToPath(SELF_REPORT)];
  const settings = { ...SETTINGS, LLM_PROXY_URL: model.url };
  const service = await ServiceProcess.start(folder, settings, { execArgv, hasChannel: true });
  const isWell = await soak(service, options);
  await service.kill();
  await model.close();
  await rm(folder, { recursive: true, force: true });
  const counts = `${isWell ? 1 : 0} passed, ${isWell ? 0 : 1} failed, 0 skipped`;
  tell(`seed ${options.seed}\n${counts}`);
  if (options.tally !== undefined) await appendFile(options.tally, `${counts}\n`);
  process.exit(isWell ? 0 : 1);
}

function optionsOrExit(): SoakOptions {
  try {
    return soakOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

async function soak(service: ServiceProcess, options: SoakOptions): Promise<boolean> {
  const counts: StreamCounts = { whole: 0, slow: 0, cuts: 0, faults: 0, wrong: [] };
  const samples = await sampled(service, options, counts);
  tell(linesOf(counts).join('\n'));
  const series = seriesOf(samples.slice(Math.floor(samples.length * WARM_UP_SHARE)));
  for (const [name, points] of series) tell(lineOf(name, points));
  const isLevel = series.every(([, points]) => growthOf(points) === undefined);
  return counts.whole > 0 && counts.wrong.length === 0 && service.runs && isLevel;
}

/** What the service held at rest after each round. */
async function sampled(
  service: ServiceProcess,
  { seed, streams, minutes }: SoakOptions,
  counts: StreamCounts,
): Promise<readonly Sample[]> {
  const start = performance.now();
  const hours = () => (performance.now() - start) / 3_600_000;
  const messages = numbers();
  const samples: Sample[] = [];
  for (let round = 1; round <= ROUNDS && service.runs; round += 1) {
    const end = start + (round / ROUNDS) * minutes * 60_000 - SETTLING_MS;
    const options = { service, seed, numbers: messages, isOver: () => performance.now() > end || !service.runs };
    const lanes = Array.from({ length: streams }, (_, lane) => keepTalking(`${round}-${lane}`, options, counts));
    await Promise.all(lanes);
    await delay(SETTLING_MS);
    samples.push({ hours: hours(), values: await measure(service) });
    tell(progress(hours(), samples.at(-1)?.values ?? {}, counts));
  }
  return samples;
}

function* numbers(): Generator<number> {
  for (let number = 1; ; number += 1) yield number;
}

function seriesOf(samples: readonly Sample[]): readonly (readonly [name: string, points: readonly Point[]])[] {
  const names = Object.keys(samples[0]?.values ?? {});
  return names.map((name) => [name, samples.map(({ hours, values }) => ({ hours, value: values[name] ?? 0 }))]);
}

function progress(hours: number, values: Measurement, { whole, wrong }: StreamCounts): string {
  const held = Object.entries(values).map(([name, value]) => `${name} ${shown(name, value)}`);
  return `${(hours * 60).toFixed(1)} min: ${whole} streams, ${wrong.length} wrong, ${held.join(', ')}`;
}

function linesOf({ whole, slow, cuts, faults, wrong }: StreamCounts): readonly string[] {
  const shownWrong = wrong.slice(0, MOST_WRONG_SHOWN).map((what) => `  WRONG ${what}`);
  return [
    ...shownWrong,
    `${whole} streams right (${slow} read slowly, ${cuts} cuts, ${faults} faults of the model), ${wrong.length} wrong`,
  ];
}

function lineOf(name: string, points: readonly Point[]): string {
  const { mean, slope, margin, isNoise } = trendOf(points);
  const trend = `mean ${shown(name, mean)}, slope ${shown(name, slope)} ± ${shown(name, margin)} an hour`;
  const growth = growthOf(points);
  const verdict = isNoise ? 'within noise' : 'finds its level: the later half is within noise';
  if (growth === undefined) return `  ok     ${name.padEnd(12)} ${trend}: ${verdict}`;
  return `  GROWS  ${name.padEnd(12)} ${trend}; ${shown(name, growth.slope)} ± ${shown(name, growth.margin)} in the later half`;
}

function shown(name: string, value: number): string {
  return IN_BYTES.includes(name) ? `${(value / 2 ** 20).toFixed(2)} MiB` : value.toFixed(1);
}

const IN_BYTES: readonly string[] = ['rss', 'heapUsed', 'external'];

await main();
