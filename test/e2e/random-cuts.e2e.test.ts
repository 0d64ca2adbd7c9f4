import { expect } from 'chai';
import type { MockStep } from '../../src/adapters/outbound/llm/mock/mock-gateway.js';
import { CutReader } from '../support/cut-reader.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { end, ScriptedModel, text } from '../support/scripted-model.js';
import { SeededRandom } from '../support/seeded-random.js';

const CUTS = 300;
const CUTS_PER_READER = 8;
const RUNS_AT_ONCE = 8;

const WORDS = ['plain ', 'né ', '中文 ', '\u{1f600}\u{1f469}\u200d\u{1f680} ', 'two\nlines ', '\u2028', '"quoted" \\ '];

describe('streams cut at random bytes', () => {
  let service: RuntimeServer;
  const random = new SeededRandom();
  let cuts = 0;

  before(async () => {
    service = await RuntimeServer.start({ gateway: new ScriptedModel(...longAnswer(), end()) });
  });

  after(async () => {
    await service.close();
    process.stdout.write(`      ${cuts} random cuts, seed ${random.seed}\n`);
  });

  it(`are byte for byte what an uninterrupted reader gets, over ${CUTS} cuts with 1 to 5 readers`, async function () {
    this.timeout(120_000);
    let session = 0;
    const keepCutting = async () => {
      while (cuts < CUTS) {
        session += 1;
        await runWithCuts(`cut${session}`);
      }
    };
    await Promise.all(Array.from({ length: RUNS_AT_ONCE }, keepCutting));
    expect(cuts).to.be.at.least(CUTS);
  });

  async function runWithCuts(sessionId: string): Promise<void> {
    const message = aMessage({ session_id: sessionId, content: sessionId });
    const uninterrupted = await service.send(message);
    const { runId } = uninterrupted;
    const readers = Array.from({ length: 1 + random.whole(5) }, () =>
      new CutReader({ origin: service.origin, runId, message, random }).read(CUTS_PER_READER),
    );
    await uninterrupted.ended();
    const whole = uninterrupted.body;
    for (const reader of await Promise.all(readers)) {
      cuts += reader.cuts;
      // A reader that was cut between the ending and [DONE] is told 204 when it comes back: the same end.
      const got = reader.frames.endsWith('data: [DONE]\n\n') ? reader.frames : `${reader.frames}data: [DONE]\n\n`;
      expect(got, `seed ${random.seed}`).to.equal(whole);
    }
    const history = await service.get(`/agent/sessions/${sessionId}/messages`);
    expect(JSON.parse(history.text).messages[1].content).to.equal(uninterrupted.text);
  }
});

/** With pauses, so that readers come back while it goes on. */
function longAnswer(): MockStep[] {
  const steps: MockStep[] = [];
  for (let index = 0; index < 60; index += 1) {
    steps.push(text(`${index} `, WORDS[index % WORDS.length] ?? ''));
    if (index % 3 === 0) steps.push({ type: 'wait', milliseconds: 2 });
  }
  return steps;
}
