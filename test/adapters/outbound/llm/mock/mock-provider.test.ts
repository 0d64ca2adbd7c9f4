import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { z } from 'zod';
import { mockProvider } from '../../../../../src/adapters/outbound/llm/mock/mock-provider.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../../../../src/domain/prompt-message.js';
import { issuesOf } from '../../../../support/issues-of.js';
import { answerOf } from '../../../../support/pulled.js';

const PROMPT: readonly PromptMessage[] = [
  { role: 'user', content: 'Earlier words' },
  { role: 'assistant', content: 'An answer' },
  { role: 'user', content: ' Say  it\nagain, 世界 ' },
];

describe('mock provider', () => {
  afterEach(() => sinon.restore());

  const open = (settings: Record<string, string> = {}) => mockProvider.create(settings);

  it('repeats the last user message word by word, each in a batch of its own', async () => {
    const batches: (readonly CompletionPart[])[] = [];
    const { signal } = new AbortController();
    for await (const batch of answerOf(open({ MOCK_DELAY_MS: '0' }), PROMPT, signal)) batches.push(batch);
    const words = ['Say ', 'it ', 'again, ', '世界 '].map((text) => [{ type: 'text', text }]);
    expect(batches).to.deep.equal([...words, [{ type: 'end', finishReason: 'stop' }]]);
  });

  it('waits the delay before each word', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = answerOf(open({ MOCK_DELAY_MS: '250' }), PROMPT, new AbortController().signal);
    let isSettled = false;
    const first = answer.next().finally(() => {
      isSettled = true;
    });
    await clock.tickAsync(249);
    expect(isSettled).to.equal(false);
    await clock.tickAsync(1);
    expect((await first).value).to.deep.equal([{ type: 'text', text: 'Say ' }]);
  });

  it('stops at once in the middle of a delay, and leaves no timer and no listener', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const abort = new AbortController();
    const answer = answerOf(open({ MOCK_DELAY_MS: '60000' }), PROMPT, abort.signal);
    const first = answer.next().catch((error: unknown) => error);
    await clock.tickAsync(10);
    abort.abort('interrupted');
    expect(await first).to.equal('interrupted');
    expect(clock.countTimers()).to.equal(0);
    expect(getEventListeners(abort.signal, 'abort')).to.deep.equal([]);
  });

  it('hears an abort between words that have no delay', async () => {
    const abort = new AbortController();
    setImmediate(() => abort.abort('enough'));
    const words: PromptMessage[] = [{ role: 'user', content: 'word '.repeat(10_000) }];
    let count = 0;
    const reading = (async () => {
      for await (const _batch of answerOf(open({ MOCK_DELAY_MS: '0' }), words, abort.signal)) count += 1;
    })();
    expect(await reading.catch((error: unknown) => error)).to.equal('enough');
    expect(count).to.be.lessThan(10);
  });

  it('offers one model', async () => {
    expect(await open({ LLM_MODEL: 'parrot' }).listModels(new AbortController().signal)).to.deep.equal([
      { id: 'parrot', name: 'parrot', provider: 'mock', contextLength: undefined, isAvailable: true },
    ]);
  });

  it('needs no setting at all', () => {
    expect(z.parse(mockProvider.configSchema, {})).to.deep.equal({ MOCK_DELAY_MS: 30, LLM_MODEL: 'fake-llm' });
  });

  for (const delay of ['-1', '60001', '1.5', 'soon', '1e3']) {
    it(`refuses ${delay} as a delay`, () => {
      expect(issuesOf(mockProvider, { MOCK_DELAY_MS: delay })).to.deep.equal([
        'MOCK_DELAY_MS: must be a whole number of milliseconds, 0 to 60000',
      ]);
    });
  }
});
