import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, PROMISES } from './checker.js';
import type { History } from './history.js';
import { type ChaosOptions, chaosOptions, USAGE } from './options.js';
import { reportOf } from './report.js';
import { openStore, type StoreKind } from './store-under-test.js';
import { Trial } from './trial.js';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const tell = (sentence: string) => void process.stdout.write(`${sentence}\n`);

/** The kill rig: for each store a fleet of real processes, killed at random while clients talk to it, and then the question
 *  whether every promise was kept. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  if (options.judge !== undefined) pronounce(JSON.parse(await readFile(options.judge, 'utf8')), tally);
  else for (const kind of options.store) await tryStore(kind, options, tally);
  tell(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
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

async function tryStore(kind: StoreKind, options: ChaosOptions, tally: Tally): Promise<void> {
  tell(`== ${kind}, seed ${options.seed}, ${options.clients} clients`);
  const store = await openStore(kind);
  if (store === undefined) {
    tell(`skipped: there is no server for ${kind} on this machine`);
    tally.skipped += PROMISES;
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), `agent-runtime-chaos-${kind}-`));
  const startedAt = Date.now();
  const failedBefore = tally.failed;
  try {
    const seconds = store.isDurable ? 0 : options.seconds;
    pronounce(await new Trial({ ...options, seconds, store, folder, tell }).run(), tally);
    tell(`seed ${options.seed}, ${Math.round((Date.now() - startedAt) / 1000)} s`);
  } catch (error) {
    tally.failed += 1;
    tell(`the trial broke off: ${error instanceof Error ? error.stack : error}`);
  } finally {
    await store.close();
  }
  await keepOrRemove(folder, tally.failed > failedBefore || options.keep);
}

function pronounce(history: History, tally: Tally): void {
  const verdicts = judge(history);
  const failed = verdicts.filter(({ violations }) => violations.length > 0).length;
  tally.failed += failed;
  tally.passed += verdicts.length - failed;
  tell(reportOf(history, verdicts));
}

async function keepOrRemove(folder: string, keep: boolean): Promise<void> {
  if (keep) tell(`history and logs: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}

await main();
