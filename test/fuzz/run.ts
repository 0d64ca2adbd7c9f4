import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chance } from '../chaos/chance.js';
import { INTERNAL_KEY } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { harmTo, socketsOf } from './after-barrage.js';
import { Barrage } from './barrage.js';
import { type FuzzOptions, fuzzOptions, USAGE } from './options.js';
import { rawShapes, slowShapes } from './raw-shapes.js';
import { reportOf } from './report.js';
import { splitStreams, wrongSplits } from './splits.js';
import { wrongHeads } from './wrong-heads.js';
import { wrongRequests } from './wrongs.js';

const tell = (lines: string): void => void process.stdout.write(`${lines}\n`);

/** Chance against the two places where bytes of others come in: the upstream's events and the clients' requests. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  tell(`seed ${options.seed}`);
  const results = [await splitsAreEqual(options), await barrageIsHarmless(options)];
  const failed = results.filter((isWell) => !isWell).length;
  const counts = `${results.length - failed} passed, ${failed} failed, 0 skipped`;
  tell(`seed ${options.seed}\n${counts}`);
  if (options.tally !== undefined) await appendFile(options.tally, `${counts}\n`);
  process.exit(failed > 0 ? 1 : 0);
}

function optionsOrExit(): FuzzOptions {
  try {
    return fuzzOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

async function splitsAreEqual({ seed, splits }: FuzzOptions): Promise<boolean> {
  const streams = await splitStreams(seed);
  const wrong = wrongSplits(streams, splits, new Chance(seed), tell);
  for (const { name, positions } of wrong.slice(0, 10)) tell(`  WRONG stream ${name} cut at ${positions}`);
  tell(`${splits} random splits of ${streams.length} event streams: ${wrong.length} wrong`);
  return wrong.length === 0;
}

async function barrageIsHarmless({ seed, requests }: FuzzOptions): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-fuzz-'));
  const service = await ServiceProcess.start(folder, { MOCK_DELAY_MS: '0', BODY_LIMIT: '65536' });
  try {
    const socketsBefore = await socketsOf(service.pid);
    const wrongs = { ...wrongRequests, ...wrongHeads };
    const shapes = rawShapes(INTERNAL_KEY);
    const slow = slowShapes(INTERNAL_KEY);
    const report = await new Barrage({ service, seed, requests, wrongs, shapes, slow, tell }).run();
    const harm = await harmTo(service, socketsBefore);
    tell(reportOf(report, harm));
    return report.faults.length === 0 && harm.length === 0;
  } finally {
    await service.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
