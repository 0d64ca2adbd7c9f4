import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { z } from 'zod';
import { mockProvider } from '../../../../../src/adapters/outbound/llm/mock/mock-provider.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../../../../src/domain/prompt-message.js';
import { PING } from '../../../../support/calling.js';
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

  describe('asked for tools', () => {
    const tools = [PING, { ...PING, name: 'files_list' }];
    const { signal } = new AbortController();

    async function ask(content: string, ...more: readonly PromptMessage[]): Promise<readonly CompletionPart[]> {
      const parts: CompletionPart[] = [];
      const prompt: readonly PromptMessage[] = [{ role: 'user', content }, ...more];
      const answer = answerOf(open({ MOCK_DELAY_MS: '0' }), prompt, signal, { tools });
      for await (const batch of answer) parts.push(...batch);
      return parts;
    }
    const textIn = (parts: readonly CompletionPart[]) => parts.map((part) => (part.type === 'text' ? part.text : ''));

    const CALLS: readonly (readonly [what: string, said: string, calls: readonly string[]])[] = [
      ['one', '/call ping {"who": "me"}', ['ping {"who": "me"}']],
      ['several, one a line', '/call ping {"a":1}\n/call files_list {}\r\n', ['ping {"a":1}', 'files_list {}']],
      ['no arguments', ' /call ping ', ['ping {}']],
      ['broken arguments', '/call ping {"who": ', ['ping {"who":']],
      ['arguments that are no object', '/call ping [1] ', ['ping [1]']],
      ['a tool by the name of its server', '/call files/list {}', ['files_list {}']],
      ['a tool that nobody offered', '/call no/such {}', ['no_such {}']],
      ['a message behind another one', 'Be brief.\n\n/call ping {}', ['ping {}']],
      ['a call behind one that was not answered', '/call files_list {}\n\n/call ping {}', ['ping {}']],
    ];
    for (const [what, said, calls] of CALLS) {
      it(`asks for ${what}`, async () => {
        const parts = await ask(said);
        const asked = parts.filter((part) => part.type === 'call');
        expect(asked.map(({ toolName, argumentsText }) => `${toolName} ${argumentsText}`)).to.deep.equal(calls);
        for (const { index, argumentsText } of asked) {
          const told = parts.map((part) => (part.type === 'call-arguments' && part.index === index ? part.text : ''));
          expect(told.join('')).to.equal(argumentsText);
        }
        expect(textIn(parts).join('')).to.equal('');
        expect(parts.at(-1)).to.deep.equal({ type: 'end', finishReason: 'stop' });
      });
    }

    it('says what stands beneath the calls before it asks', async () => {
      const parts = await ask('/call ping {}\nand then?');
      const types = parts.map((part) => (part.type === 'text' ? part.text : part.type));
      expect(types).to.deep.equal(['and ', 'then? ', 'call-arguments', 'call', 'end']);
    });

    for (const said of ['Please /call ping {}', '/calling ping', '/call', 'Hello\n/call ping {}']) {
      it(`repeats ${JSON.stringify(said)}`, async () => {
        const words = said.split(/\s+/).map((word) => `${word} `);
        expect((await ask(said)).map((part) => (part.type === 'text' ? part.text : part.type))).to.deep.equal([
          ...words,
          'end',
        ]);
      });
    }

    it('repeats the results of its calls once they are there', async () => {
      const toolCalls = ['c1', 'c2'].map((callId) => ({ callId, toolName: 'ping', arguments: {} }));
      const parts = await ask(
        '/call ping {}\n/call ping {}',
        { role: 'assistant', content: '', toolCalls },
        { role: 'tool', callId: 'c1', content: 'It is\nme' },
        { role: 'tool', callId: 'c2', content: '/call ping {}' },
      );
      expect(textIn(parts).join('')).to.equal('It is me /call ping {} ');
      expect(parts.map(({ type }) => type)).not.to.include('call');
    });

    it('answers what the user says behind results', async () => {
      const parts = await ask(
        '/call ping {}',
        { role: 'assistant', content: '', toolCalls: [{ callId: 'c1', toolName: 'ping', arguments: {} }] },
        { role: 'tool', callId: 'c1', content: 'skipped' },
        { role: 'user', content: 'Hello' },
      );
      expect(textIn(parts).join('')).to.equal('Hello ');
    });

    it('waits the delay before each piece of a call', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const prompt: readonly PromptMessage[] = [{ role: 'user', content: '/call ping {"who":"somebody"}' }];
      const answer = answerOf(open({ MOCK_DELAY_MS: '250' }), prompt, signal, { tools });
      const texts: string[] = [];
      const reading = (async () => {
        for await (const [part] of answer) if (part?.type === 'call-arguments') texts.push(part.text);
      })();
      await clock.tickAsync(249);
      expect(texts).to.deep.equal([]);
      await clock.tickAsync(1);
      expect(texts).to.deep.equal(['{"who":"somebody']);
      await clock.tickAsync(250);
      await reading;
      expect(texts.join('')).to.equal('{"who":"somebody"}');
    });
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
