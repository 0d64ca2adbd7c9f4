import { expect } from 'chai';
import { ByteCuttingProxy } from '../support/byte-cutting-proxy.js';
import { forgivingLeaks } from '../support/leaking-clients.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { batch, end, ScriptedModel, text } from '../support/scripted-model.js';
import { SeededRandom } from '../support/seeded-random.js';
import { AGENT_VERSIONS, TestAgent } from './ag-ui-agents.js';

const CUTS = 15;
const WORDS = [
  'plain ',
  'né ',
  '中文 ',
  '\u{1f600}\u{1f469}\u200d\u{1f680} ',
  'two\nlines ',
  '\u2028 ',
  '"quoted" \\ ',
];
const STEPS = Array.from({ length: 40 }, (_, index) => [
  index % 9 === 4 ? batch({ type: 'reasoning', text: WORDS[index % 7] ?? '' }) : text(WORDS[index % 7] ?? ''),
  { type: 'wait', milliseconds: 1 } as const,
]).flat();

for (const version of Object.keys(AGENT_VERSIONS)) {
  describe(`AG-UI ${version} over a network that breaks`, () => {
    forgivingLeaks();
    it('has the run of an uncut client, wherever and however often it was cut', async function () {
      this.timeout(60_000);
      const random = new SeededRandom();
      const server = await RuntimeServer.start({ gateway: new ScriptedModel(...STEPS, end()) });
      const proxy = await ByteCuttingProxy.start(server.origin, () => 500 + random.whole(14_000));
      const asked = { runId: 'one', forwardedProps: { on_disconnect: 'continue' } };
      try {
        for (let thread = 0; proxy.cuts < CUTS; thread += 1) {
          const agent = TestAgent.of(version, proxy.origin, `thread${thread}`).say('Hello');
          do await agent.run(asked);
          while (agent.failure !== undefined);
          const uncut = await TestAgent.of(version, server.origin, `thread${thread}`).say('Hello').run(asked);
          expect(agent.messages, `seed ${random.seed}`).to.deep.equal(uncut.messages);
        }
      } finally {
        await proxy.close();
        await server.close();
      }
      process.stdout.write(`      ${proxy.cuts} random cuts, seed ${random.seed}\n`);
    });
  });
}
