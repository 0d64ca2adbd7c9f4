import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { harmTo, socketsOf } from '../fuzz/after-barrage.js';
import { Barrage } from '../fuzz/barrage.js';
import { rawShapes } from '../fuzz/raw-shapes.js';
import { wrongHeads } from '../fuzz/wrong-heads.js';
import { wrongRequests } from '../fuzz/wrongs.js';
import { INTERNAL_KEY } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';
import { ServiceProcess } from '../support/service-process.js';

const REQUESTS = 300;

describe('malformed requests', () => {
  const { seed } = new SeededRandom();
  let folder: string;
  let service: ServiceProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-malformed-'));
    service = await ServiceProcess.start(folder, { MOCK_DELAY_MS: '0', BODY_LIMIT: '65536' });
  });
  after(async () => {
    await service.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it(`are each answered as the protocol says and do no harm, ${REQUESTS} of them`, async () => {
    const socketsBefore = await socketsOf(service.pid);
    const wrongs = { ...wrongRequests, ...wrongHeads };
    const barrage = new Barrage({ service, seed, requests: REQUESTS, wrongs, shapes: rawShapes(INTERNAL_KEY) });
    const { faults, statuses } = await barrage.run();
    expect(faults, `seed ${seed}`).to.deep.equal([]);
    const refused = Object.entries(statuses).filter(([status]) => Number(status) >= 400);
    expect(refused.reduce((sum, [, count]) => sum + count, 0)).to.be.greaterThan(REQUESTS / 10);
    expect(await harmTo(service, socketsBefore)).to.deep.equal([]);
  }).timeout(120_000);
});
