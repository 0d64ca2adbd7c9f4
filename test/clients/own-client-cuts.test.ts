import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { findBrowser, launchBrowser } from '../support/chromium.js';
import { findNode } from '../support/other-node.js';
import { RandomCutProxy } from '../support/random-cut-proxy.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';

const CLIENT = fileURLToPath(new URL('../../../client/dist/agent-runtime.js', import.meta.url));
const KEY = 'key-of-the-tests';
const CUTS = 40;
const CONVERSATIONS = 8;
const WORDS = ['plain', 'né', '中文', '\u{1f600}\u{1f469}\u200d\u{1f680}', '"quoted"\\'];
const CONTENTS = Array.from({ length: CONVERSATIONS }, (_, one) =>
  Array.from({ length: 60 }, (_, index) => `${one}${WORDS[index % WORDS.length]}${index}`).join(' '),
);

/** What runs wherever the client runs. */
const CONVERSE = `async (AgentRuntime, baseUrl, key, contents) => {
  const runtime = new AgentRuntime({ baseUrl, key });
  const one = async (content, index) => {
    const answer = runtime.send({ sessionId: 'cut' + index, content });
    const ids = [];
    let streamed = '';
    for await (const frame of answer) {
      ids.push(frame.id);
      streamed += frame.token;
    }
    const { text, finishReason, runId } = await answer.final();
    return { ids, streamed, text, finishReason, runId };
  };
  return Promise.all(contents.map(one));
}`;

const told = z.array(
  z.object({
    ids: z.array(z.string()),
    streamed: z.string(),
    text: z.string(),
    finishReason: z.string(),
    runId: z.string(),
  }),
);

describe('the client, cut at random', function () {
  this.timeout(120_000);
  let service: RuntimeServer;
  let proxy: RandomCutProxy;
  let origin: string;
  let random: SeededRandom;

  beforeEach(async () => {
    service = await RuntimeServer.start({ settings: { MOCK_DELAY_MS: '4' } });
    random = new SeededRandom();
    proxy = new RandomCutProxy(service.origin, random, CUTS, {
      '/': ['text/html', '<!doctype html><meta charset="utf-8">'],
      '/client.js': ['text/javascript', readFileSync(CLIENT, 'utf8')],
    });
    origin = await proxy.start();
  });
  afterEach(async () => {
    await proxy.close();
    await service.close();
  });

  for (const major of [20, 22, 24] as const) {
    it(`gives every frame once and misses none, in Node ${major}`, async function () {
      const node = await findNode(major);
      if (node === undefined) return this.skip();
      const given = [origin, KEY, CONTENTS].map((value) => JSON.stringify(value)).join(', ');
      const script = `import { AgentRuntime } from ${JSON.stringify(CLIENT)};
        process.stdout.write(JSON.stringify(await (${CONVERSE})(AgentRuntime, ${given})));`;
      const { stdout } = await promisify(execFile)(node, ['--input-type=module', '-e', script]);
      await expectAll(JSON.parse(stdout));
    });
  }

  it('gives every frame once and misses none, in Chromium', async function () {
    const chromium = await findBrowser();
    if (chromium === undefined) return this.skip();
    const browser = await launchBrowser(chromium);
    try {
      const page = await browser.newPage();
      await page.goto(origin);
      const given = [origin, KEY, CONTENTS].map((value) => JSON.stringify(value)).join(', ');
      await expectAll(
        await page.evaluate(`import('/client.js').then(({ AgentRuntime }) => (${CONVERSE})(AgentRuntime, ${given}))`),
      );
    } finally {
      await browser.close();
    }
  });

  async function expectAll(answers: unknown): Promise<void> {
    const seed = `seed ${random.seed}`;
    process.stdout.write(`      ${proxy.cuts} random cuts, ${seed}\n`);
    expect(proxy.cuts, seed).to.be.at.least(CONVERSATIONS);
    const all = told.parse(answers);
    expect(all).to.have.length(CONVERSATIONS);
    for (const [index, { ids, streamed, text, finishReason, runId }] of all.entries()) {
      expect([streamed, text, finishReason], seed).to.deep.equal([
        `${CONTENTS[index]} `,
        `${CONTENTS[index]} `,
        'stop',
      ]);
      expect(ids, seed).to.deep.equal(ids.map((_, place) => `${runId}-${place + 1}`));
      const history = await service.get(`/agent/sessions/cut${index}/messages`);
      expect(JSON.parse(history.text).messages, `${seed}: a message was sent twice`).to.have.length(2);
    }
  }
});
