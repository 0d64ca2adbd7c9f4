import { expect } from 'chai';
import { Answer } from '../../../../../src/adapters/outbound/llm/openai-wire/answer.js';
import { HttpTransport } from '../../../../../src/adapters/outbound/llm/openai-wire/http-transport.js';
import { mapPrompt } from '../../../../../src/adapters/outbound/llm/openai-wire/map-prompt.js';
import { OpenAiWireGateway } from '../../../../../src/adapters/outbound/llm/openai-wire/openai-wire-gateway.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../../../../src/domain/prompt-message.js';
import type { ToolCall } from '../../../../../src/domain/tool-call.js';
import { completionStream } from '../../../../support/completion-stream.js';
import { answerOf } from '../../../../support/pulled.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../../../../support/upstream-server.js';

const SIGNED = { google: { thought_signature: 'c2ln' } };
const A = '{"path":"a"}';

const delta = (said: unknown) => ({ choices: [{ index: 0, delta: said, finish_reason: null }] });
const call = (index: number, more: object = {}) => ({
  index,
  id: `c${index}`,
  type: 'function',
  function: { name: 'read', arguments: A },
  ...more,
});
const calls = (...entries: unknown[]) => delta({ tool_calls: entries });

/** What goes back with each call that the model `m` asked for in these chunks. */
function keptIn(chunks: readonly unknown[]): readonly unknown[] {
  const answer = new Answer(new Set(['read']), 'm');
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] };
  const parts: CompletionPart[] = answer.accept(
    [...chunks, finish].map((data) => ({ event: undefined, data: JSON.stringify(data) })),
  );
  return [...parts, ...answer.end()].flatMap((part) => (part.type === 'call' ? [part.providerData] : []));
}

describe('what a model wants back with its calls', () => {
  it('is the signature of its thoughts, with the call that has it', () => {
    expect(keptIn([calls(call(0, { extra_content: SIGNED })), calls(call(1))])).to.deep.equal([
      { model: 'm', call: { extra_content: SIGNED } },
      undefined,
    ]);
  });

  it('may come in a piece that says nothing else, or under the name that a proxy has for it', () => {
    const specific = { thought_signature: 'c2ln' };
    expect(
      keptIn([calls(call(0)), calls({ index: 0, extra_content: SIGNED, provider_specific_fields: specific })]),
    ).to.deep.equal([{ model: 'm', call: { extra_content: SIGNED, provider_specific_fields: specific } }]);
  });

  for (const name of ['reasoning_content', 'reasoning']) {
    it(`is its reasoning, joined, with the first call (${name})`, () => {
      const chunks = [delta({ [name]: 'Hm' }), delta({ [name]: ', files' }), calls(call(0), call(1))];
      expect(keptIn(chunks)).to.deep.equal([{ model: 'm', message: { [name]: 'Hm, files' } }, undefined]);
    });
  }

  it('is the details of its reasoning, the pieces of one entry joined', () => {
    const detail = (text: string, more: object = {}) => ({
      type: 'reasoning.text',
      index: 0,
      format: 'f',
      text,
      ...more,
    });
    const sealed = { type: 'reasoning.encrypted', index: 1, data: 'x' };
    const chunks = [
      delta({ reasoning_details: [detail('Hm')] }),
      delta({ reasoning_details: [detail(', files'), sealed] }),
      delta({ reasoning_details: [detail('', { index: 2, signature: 's' })] }),
      calls(call(0)),
    ];
    const reasoning_details = [detail('Hm, files'), sealed, detail('', { index: 2, signature: 's' })];
    expect(keptIn(chunks)).to.deep.equal([{ model: 'm', message: { reasoning_details } }]);
  });

  it('is kept once where the whole message tells it again', () => {
    const message = { role: 'assistant', reasoning_content: 'Hm', tool_calls: [call(0, { extra_content: SIGNED })] };
    const whole = { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
    const expected = [{ model: 'm', call: { extra_content: SIGNED }, message: { reasoning_content: 'Hm' } }];
    expect(keptIn([whole])).to.deep.equal(expected);
    expect(keptIn([delta({ reasoning_content: 'Hm' }), calls(call(0)), whole])).to.deep.equal(expected);
  });

  it('is nothing where fields of its name cannot be read, are too deep, or are more than is kept', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(300)}1${'}'.repeat(300)}`);
    for (const extra_content of [null, 'x', 1, [], deep])
      expect(keptIn([calls(call(0, { extra_content }))])).to.deep.equal([undefined]);
    for (const reasoning_content of [null, '', 'x'.repeat(2 * 1024 * 1024)])
      expect(keptIn([delta({ reasoning_content }), calls(call(0))])).to.deep.equal([undefined]);
    expect(keptIn([delta({ reasoning_details: [deep, 'x', null] }), calls(call(0))])).to.deep.equal([undefined]);
  });

  it('is nothing where no call is asked for', () => {
    expect(keptIn([delta({ reasoning_content: 'Hm' }), delta({ content: 'Hello' })])).to.deep.equal([]);
  });
});

const asked = (more: Partial<ToolCall> = {}): ToolCall => ({ callId: 'c0', toolName: 'read', arguments: {}, ...more });
const KEPT = { model: 'm', call: { extra_content: SIGNED }, message: { reasoning_content: 'Hm' } };
const promptWith = (providerData: ToolCall['providerData']): readonly PromptMessage[] => [
  { role: 'user', content: 'Look' },
  { role: 'assistant', content: '', toolCalls: [asked({ providerData })] },
  { role: 'tool', callId: 'c0', content: 'A' },
  { role: 'assistant', content: 'There' },
  { role: 'user', content: 'Again' },
];
const WRITTEN = { id: 'c0', type: 'function', function: { name: 'read', arguments: '{}' } };

describe('a prompt', () => {
  it('gives the model back what it sent, and an empty text where it kept none of the reasoning that it wants', () => {
    expect(mapPrompt(promptWith(KEPT), 'm').filter((_, place) => place % 2 === 1)).to.deep.equal([
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Hm',
        tool_calls: [{ ...WRITTEN, extra_content: SIGNED }],
      },
      { role: 'assistant', content: 'There', reasoning_content: '' },
    ]);
  });

  it('gives nothing to another model', () => {
    const plain = [
      { role: 'assistant', content: null, tool_calls: [WRITTEN] },
      { role: 'assistant', content: 'There' },
    ];
    const others: readonly (readonly [ToolCall['providerData'], string | undefined])[] = [
      [KEPT, 'other'],
      [KEPT, undefined],
      [undefined, undefined],
    ];
    for (const [kept, model] of others)
      expect(mapPrompt(promptWith(kept), model).filter((_, place) => place % 2 === 1)).to.deep.equal(plain);
  });
});

describe('an upstream that refuses what is given back', () => {
  const { text, finish, done } = completionStream;
  let upstream: ScriptedUpstream;

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
  });
  afterEach(() => upstream.close());

  const gateway = () =>
    new OpenAiWireGateway(
      {
        completionsUrl: `${upstream.url}/chat/completions`,
        modelsUrl: `${upstream.url}/models`,
        headers: {},
        streamUsage: false,
        provider: 'test',
      },
      new HttpTransport(1000),
    );
  const whole: UpstreamAnswer = {
    headers: { 'Content-Type': 'text/event-stream' },
    steps: [{ type: 'write', bytes: text('Hello') + finish('stop') + done }],
  };
  const refusing = (message: string): UpstreamAnswer => ({
    status: 400,
    steps: [{ type: 'write', bytes: JSON.stringify({ error: { message } }) }],
  });
  const had = () => upstream.requests.map(({ body }) => body.includes('reasoning_content'));

  async function ask(by: OpenAiWireGateway, model = 'm'): Promise<string> {
    let told = '';
    const prompt = promptWith({ ...KEPT, model });
    try {
      for await (const parts of answerOf(by, prompt, new AbortController().signal, { model }))
        for (const part of parts) told += part.type === 'text' ? part.text : '';
    } catch (error) {
      return String(error instanceof Error && 'code' in error ? error.code : error);
    }
    return told;
  }

  it('is asked once more without it, and that model gets nothing back from then on', async () => {
    upstream.answer = ({ body }) => {
      const isOther = JSON.parse(body).model === 'other';
      return isOther || !body.includes('reasoning_content')
        ? whole
        : refusing("property 'reasoning_content' is unsupported");
    };
    const by = gateway();
    expect([await ask(by), await ask(by), await ask(by, 'other')]).to.deep.equal(['Hello', 'Hello', 'Hello']);
    expect(had()).to.deep.equal([true, false, false, true]);
  });

  it('is not asked again when it misses some of it', async () => {
    upstream.answer = () => refusing('The `reasoning_content` in the thinking mode must be passed back to the API.');
    expect(await ask(gateway())).to.equal('upstream_rejected');
    expect(had()).to.deep.equal([true]);
  });
});
