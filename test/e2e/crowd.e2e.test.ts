import { expect } from 'chai';
import { RuntimeServer } from '../support/runtime-server.js';

const MESSAGES = 100;

describe('a hundred messages at once in one session', () => {
  it('are answered one by one, nothing lost, nothing doubled, one ending each', async function () {
    this.timeout(60_000);
    const service = await RuntimeServer.start({ settings: { QUEUE_LIMIT: String(MESSAGES) } });
    const contents = Array.from({ length: MESSAGES }, (_, index) => `message number ${index}`);
    const streams = await Promise.all(contents.map((content) => service.send({ content, on_busy: 'queue' })));
    for (const [index, stream] of streams.entries()) {
      await stream.ended();
      expect(stream.text).to.equal(`${contents[index]} `);
      expect(stream.payloads.filter(({ is_final }) => is_final === true)).to.have.length(1);
    }
    const { text } = await service.get('/agent/sessions/demo/messages');
    const history: { role: string; content: string; run_id: string }[] = JSON.parse(text).messages;
    expect(history.map(({ role }) => role)).to.deep.equal(contents.flatMap(() => ['user', 'assistant']));
    const asked = history.filter(({ role }) => role === 'user');
    expect(asked.map(({ content }) => content).sort()).to.deep.equal([...contents].sort());
    for (const [index, { content, run_id }] of asked.entries()) {
      expect(history[2 * index + 1]).to.include({ content: `${content} `, run_id });
    }
    await service.close();
  });
});
