import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { socketsOf } from '../fuzz/after-barrage.js';
import { measure } from '../soak/measurement.js';
import { expectProblem } from '../support/expect-problem.js';
import { openHttp } from '../support/http-client.js';
import { aMessage, INTERNAL_KEY } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';

const READERS = 40;
const MEBIBYTE = 1024 * 1024;
const BOUND_BYTES = 25 * MEBIBYTE;
/** Seven of them and their answers are a history of 12 MB. Their characters take one to three bytes, some are escaped,
 *  and pairs of surrogates stand at odd places. */
const CONTENTS = Array.from({ length: 7 }, (_, index) => `${index}${'x"🙂я'.repeat(100_000)}`);

const SELF_REPORT = fileURLToPath(new URL('../soak/self-report.js', import.meta.url));
const PATH = '/agent/sessions/demo/messages';

describe('a long history', () => {
  let folder: string;
  let service: ServiceProcess;
  const readers: IncomingMessage[] = [];

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-history-'));
    const execArgv = ['--expose-gc', '--import', SELF_REPORT];
    service = await ServiceProcess.start(folder, { MOCK_DELAY_MS: '0' }, { execArgv, hasChannel: true });
    for (const content of CONTENTS) {
      expect((await service.post('/agent/message', aMessage({ content }))).status).to.equal(200);
    }
  });
  after(async () => {
    for (const reader of readers) reader.destroy();
    await service.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const held = async () => {
    const { heapUsed = 0, external = 0 } = await measure(service);
    return heapUsed + external;
  };
  const contentsOf = (text: string): string[] => {
    const { messages }: { messages: { role: string; content: string }[] } = JSON.parse(text);
    return messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  };

  it(`costs less than ${BOUND_BYTES / MEBIBYTE} MiB when ${READERS} ask for it and read nothing; who then reads gets all of it`, async () => {
    const before = await held();
    const headers = { 'X-Internal-Auth': INTERNAL_KEY };
    while (readers.length < READERS) readers.push(await openHttp(service.origin, { path: PATH, headers }));
    expect((await held()) - before).to.be.lessThan(BOUND_BYTES);
    expect((await socketsOf(service.pid)) ?? READERS, 'readers that are still there').to.be.at.least(READERS);
    const pieces: Buffer[] = [];
    for await (const piece of readers.pop() ?? []) pieces.push(piece);
    expect(contentsOf(Buffer.concat(pieces).toString())).to.deep.equal(CONTENTS);
    expect((await service.get('/health')).status).to.equal(200);
  }).timeout(60_000);

  it('is told whole to who reads at once, and by its head to who asks for that; of an unknown session it is 404', async () => {
    expect(contentsOf((await service.get(PATH)).text)).to.deep.equal(CONTENTS);
    const head = await service.call({ method: 'HEAD', path: PATH });
    expect(head.status).to.equal(200);
    expect(head.headers['content-type']).to.equal('application/json; charset=utf-8');
    expect(head.bytes).to.have.length(0);
    expectProblem(await service.get('/agent/sessions/unknown/messages'), 404, 'session_not_found');
  }).timeout(60_000);
});
