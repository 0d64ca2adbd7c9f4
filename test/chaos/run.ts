import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge } from './checker.js';
import type { History } from './history.js';
import { type ChaosOptions, chaosOptions, USAGE } from './options.js';
import { reportOf, verdictLines } from './report.js';
import { openStore, type StoreKind } from './store-under-test.js';
import { Trial } from './trial.js';

interface Tally {
  passed: number;
  failed: number;
  /** What failed, for people: said once more at the end, which is the part of a long output that they see first. */
  readonly failures: string[];
}

type Tell = (lines: string) => void;

const tell: Tell = (lines) => void process.stdout.write(`${lines}\n`);

/** The kill rig: for each store a fleet of real processes, killed at random while clients talk to it, and then the
 *  question whether every promise was kept. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const tally: Tally = { passed: 0, failed: 0, failures: [] };
  if (options.judge !== undefined) pronounce(JSON.parse(await readFile(options.judge, 'utf8')), tally, tell);
  else await tryAll(options, tally);
  const counts = `${tally.passed} passed, ${tally.failed} failed, 0 skipped`;
  if (tally.failed > 0) tell([`seed ${options.seed}`, ...tally.failures].join('\n'));
  tell(counts);
  if (options.tally !== undefined) await appendFile(options.tally, `${counts}\n`);
  process.exit(tally.failed > 0 ? 1 : 0);
}

function optionsOrExit(): ChaosOptions {
  try {
    return chaosOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

/** A trial waits for half of its time, so two take little longer than one. Three would leave replicas no time but to
 *  start. */
async function tryAll(options: ChaosOptions, tally: Tally): Promise<void> {
  const left = [...options.store];
  const tryNext = async (): Promise<void> => {
    for (let kind = left.shift(); kind !== undefined; kind = left.shift()) await tryStore(kind, options, tally);
  };
  await Promise.all([tryNext(), tryNext()]);
}

async function tryStore(kind: StoreKind, options: ChaosOptions, tally: Tally): Promise<void> {
  const tellOfStore: Tell = (lines) => tell(lines.replaceAll(/^/gm, `${kind.padEnd(8)}  `));
  tellOfStore(`seed ${options.seed}, ${options.clients} clients`);
  const folder = await mkdtemp(join(tmpdir(), `agent-runtime-chaos-${kind}-`));
  const startedAt = Date.now();
  let isWell = false;
  try {
    isWell = pronounce(await historyOf(kind, options, folder, tellOfStore), tally, tellOfStore);
    tellOfStore(`seed ${options.seed}, ${Math.round((Date.now() - startedAt) / 1000)} s`);
  } catch (error) {
    tally.failed += 1;
    const broken = `the trial broke off: ${error instanceof Error ? error.stack : error}`;
    tally.failures.push(`${kind}: ${broken}`);
    tellOfStore(broken);
  }
  await keepOrRemove(folder, !isWell || options.keep, tellOfStore);
}

async function historyOf(kind: StoreKind, options: ChaosOptions, folder: string, tellOfStore: Tell): Promise<History> {
  const store = await openStore(kind);
  try {
    const seconds = store.isDurable ? 0 : options.seconds;
    return await new Trial({ ...options, seconds, store, folder, tell: tellOfStore }).run();
  } finally {
    await store.close();
  }
}

/** True when every promise was kept. */
function pronounce(history: History, tally: Tally, tellOfStore: Tell): boolean {
  const verdicts = judge(history);
  const broken = verdicts.filter(({ violations }) => violations.length > 0);
  const failed = broken.length;
  tally.failed += failed;
  tally.passed += verdicts.length - failed;
  tally.failures.push(...broken.flatMap(verdictLines));
  tellOfStore(reportOf(history, verdicts));
  return failed === 0;
}

async function keepOrRemove(folder: string, keep: boolean, tellOfStore: Tell): Promise<void> {
  if (keep) tellOfStore(`history and logs: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}

await main();
