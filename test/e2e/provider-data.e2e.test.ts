import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { completionStream } from '../support/completion-stream.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';

const { reasoning, call, text, finish, done } = completionStream;
const SIGNED = { google: { thought_signature: 'c2lnbmVk' } };
const READ = { type: 'function', function: { name: 'read_file', parameters: { type: 'object' } } };
const CALL = { index: 0, id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{"path":"a"}' } };

const streamed = (bytes: string): UpstreamAnswer => ({
  headers: { 'Content-Type': 'text/event-stream' },
  steps: [{ type: 'write', bytes }],
});
const ASKING = streamed(
  reasoning('Hm, ') + reasoning('files') + call({ ...CALL, extra_content: SIGNED }) + finish('tool_calls') + done,
);
const ANSWER = streamed(text('There') + finish('stop') + done);

interface WrittenMessage {
  readonly role: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly { readonly extra_content?: unknown }[];
}

describe('a model that wants back what it sent with its calls', () => {
  let upstream: ScriptedUpstream;
  let server: RuntimeServer;

  /** Like Gemini and DeepSeek: a call of its own without its signature, or without what it thought, is refused. */
  function strict({ body }: { readonly body: string }): UpstreamAnswer {
    const { messages, model }: { messages: readonly WrittenMessage[]; model: string } = JSON.parse(body);
    const asking = messages.filter(({ tool_calls }) => tool_calls !== undefined);
    const isSigned = asking.every(({ tool_calls: [one] = [] }) => one?.extra_content !== undefined);
    const isReasoned = asking.every(({ reasoning_content }) => reasoning_content === 'Hm, files');
    if (model === 'strict' && !(isSigned && isReasoned)) return { status: 400 };
    if (model === 'other' && (body.includes('extra_content') || body.includes('reasoning_content')))
      return { status: 400 };
    return messages.at(-1)?.role === 'user' && !body.includes('no call') ? ASKING : ANSWER;
  }

  const settings = () => ({
    LLM_MODE: 'vllm',
    VLLM_BASE_URL: `${upstream.url}/v1`,
    UPSTREAM_RETRIES: '0',
    AGENTS_FILE: agentsFile({ default: { model: 'vllm:strict' } }),
  });

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
    upstream.answer = strict;
  });
  afterEach(() => Promise.all([server.close(), upstream.close()]));

  const send = async (fields: object) => (await server.send({ session_id: 'demo', ...fields })).ended();
  const result = { type: 'tool_result', call_id: 'c1', result: 'A', content: undefined };

  for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
    it(`gets it in the turn, in later turns, and after an import, and no other model does (${store})`, async () => {
      const kept = await newStore();
      server = await RuntimeServer.start({ settings: { ...settings(), ...kept } });
      const asking = await send({ content: 'Look', tools: [READ] });
      expect([asking.finishReason, asking.raw.includes('extra_content')]).to.deep.equal(['tool_calls', false]);
      expect((await send(result)).text).to.equal('There');
      expect((await send({ content: 'no call' })).text).to.equal('There');
      expect((await send({ content: 'no call, other', model: 'vllm:other' })).text).to.equal('There');
      const { text: document } = await server.get('/agent/sessions/demo/export');
      await server.call({ method: 'DELETE', path: '/agent/sessions/demo' });
      const headers = { 'Content-Type': 'application/json' };
      const brought = await server.call({ method: 'POST', path: '/agent/sessions/import', headers, body: document });
      expect(brought.status, brought.text).to.equal(201);
      expect((await send({ content: 'no call' })).text).to.equal('There');
    });
  }

  for (const stream of [true, false]) {
    it(`gets it from a client of Chat Completions that keeps the history itself (stream: ${stream})`, async () => {
      server = await RuntimeServer.start({ settings: settings() });
      const ask = (messages: readonly unknown[]) =>
        server.call({
          method: 'POST',
          path: '/v1/chat/completions',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${INTERNAL_KEY}` },
          body: JSON.stringify({ model: 'vllm:strict', stream, messages, tools: [READ] }),
        });
      const first = await ask([{ role: 'user', content: 'Look' }]);
      const { message } = stream ? joined(first.text) : JSON.parse(first.text).choices[0];
      expect(message.tool_calls[0].extra_content).to.deep.equal(SIGNED);
      const brought = {
        role: 'assistant',
        content: null,
        reasoning_content: 'Hm, files',
        tool_calls: message.tool_calls,
      };
      const tool = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'A' };
      const second = await ask([{ role: 'user', content: 'Look' }, brought, tool]);
      expect([second.status, second.text.includes('There')], second.text).to.deep.equal([200, true]);
    });
  }
});

/** As OpenAI's client joins the pieces of a call: fields that it does not know as they are. */
function joined(raw: string) {
  const call = { function: { arguments: '' } };
  for (const event of raw.split('\n\n').filter((text) => text.startsWith('data: {'))) {
    for (const { index: _, function: piece, ...more } of JSON.parse(event.slice(6)).choices[0]?.delta.tool_calls ??
      []) {
      const written = call.function.arguments + (piece?.arguments ?? '');
      Object.assign(call, more);
      Object.assign(call.function, piece, { arguments: written });
    }
  }
  return { message: { tool_calls: [call] } };
}
