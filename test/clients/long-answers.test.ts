import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { ScriptedUpstream } from '../support/upstream-server.js';
import { openAiClient } from './openai-client.js';

const { role, text, reasoning, call, finish, usage, done } = completionStream;

/** More than is kept for a reader, with what JSON escapes. */
const LONG = 'é"\\\n\u2028中😀 "text":"" "content":"" '.repeat(3000);
const ADD = { type: 'function', function: { name: 'add', parameters: {} } } as const;

const asked = call({ index: 0, id: 'c1', type: 'function', function: { name: 'add', arguments: '{"text":""}' } });

describe('answers that are too long to be kept for a reader', () => {
  let upstream: ScriptedUpstream;
  let server: RuntimeServer;

  before(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
    server = await RuntimeServer.start({ settings: { LLM_MODE: 'proxy', LLM_PROXY_URL: upstream.url } });
  });
  after(async () => {
    await server.close();
    await upstream.close();
  });

  const answers = (...pieces: readonly string[]) => {
    const bytes = [role, ...pieces, usage(11, 7), done].join('');
    const steps = [{ type: 'write' as const, bytes }];
    upstream.answer = () => ({ headers: { 'Content-Type': 'text/event-stream' }, steps });
  };
  const complete = async () => {
    const openai = await openAiClient('openai', server.origin);
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    return openai.chat.completions.create({ messages, model: 'm', tools: [ADD] });
  };

  for (const [what, thoughts, said] of [
    ['a long text', 'hm', LONG],
    ['long thoughts', LONG, 'Hi'],
    ['both', LONG, LONG],
  ] as const) {
    it(`are whole chat completions, with ${what}`, async () => {
      answers(reasoning(thoughts), text(said), finish('stop'));
      const { choices, usage: counted } = await complete();
      expect(choices[0]?.message).to.deep.include({ content: said, reasoning_content: thoughts, refusal: null });
      expect(choices[0]?.finish_reason).to.equal('stop');
      expect(counted?.total_tokens).to.equal(18);
    });

    it(`are the same response whole and streamed, with ${what} and a call`, async () => {
      answers(reasoning(thoughts), text(said), asked, finish('tool_calls'));
      const openai = await openAiClient('openai', server.origin);
      const tools = [{ type: 'function', name: 'add', parameters: {}, strict: true }] as const;
      const metadata = { a: '"output":[]', b: '"text":""' };
      const asking = { model: 'm', input: 'Hi', tools: [...tools], metadata };
      const whole = await openai.responses.create(asking);
      expect(whole.output.map(({ type }) => type)).to.deep.equal(['reasoning', 'message', 'function_call']);
      expect(whole).to.deep.include({ output_text: said, metadata });
      expect(whole.output[0]).to.have.nested.property('content[0].text', thoughts);
      const events = await openai.responses.retrieve(whole.id, { stream: true });
      let last: unknown;
      for await (const event of events) last = event.type === 'response.completed' ? event.response : undefined;
      expect({ ...whole, output_text: undefined }).to.deep.equal({ ...Object(last), output_text: undefined });
      expect(await openai.responses.retrieve(whole.id)).to.deep.equal(whole);
    });
  }

  it('may be nothing but a call', async () => {
    answers(asked, finish('tool_calls'));
    const { choices } = await complete();
    expect(choices[0]?.message).to.deep.include({ content: null });
  });
});
