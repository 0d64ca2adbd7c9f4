import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { completionStream } from '../support/completion-stream.js';
import { cuts } from '../support/cuts.js';
import { expectProblem } from '../support/expect-problem.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';

const { role, text, finish, usage, error, done } = completionStream;
const EVENTS = { 'Content-Type': 'text/event-stream' };

describe('modes', () => {
  let upstream: ScriptedUpstream;
  let server: RuntimeServer | undefined;

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await upstream.close();
  });

  async function start(settings: Record<string, string>): Promise<RuntimeServer> {
    server = await RuntimeServer.start({
      settings: { SYSTEM_PROMPT: 'Be brief.', LLM_MODEL: 'some-model', ...settings },
    });
    return server;
  }

  const MODES = {
    proxy: () => ({ LLM_MODE: 'proxy', LLM_PROXY_URL: upstream.url, INTERNAL_API_KEY: 'key-of-the-tests,old-key' }),
    openai: () => ({ LLM_MODE: 'openai', OPENAI_BASE_URL: `${upstream.url}/v1`, OPENAI_API_KEY: 'sk-test' }),
    vllm: () => ({ LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` }),
  };
  const AUTHENTICATION = {
    proxy: { 'x-internal-auth': 'key-of-the-tests' },
    openai: { authorization: 'Bearer sk-test' },
    vllm: {},
  };
  const MODELS_PATH = { proxy: '/v1/llm/models', openai: '/v1/models', vllm: '/v1/models' };

  for (const mode of ['proxy', 'openai', 'vllm'] as const) {
    describe(mode, () => {
      it('sends exactly the promised request, and the first exchange along with the second', async () => {
        upstream.answer = () => streamed(role + text('Grüße 🙂') + finish('stop') + done);
        const service = await start(MODES[mode]());
        await service.converse('Hallo, 世界 🙂');
        await service.converse('Und jetzt?');
        const [, second] = upstream.requests;
        expect(upstream.requests).to.have.length(2);
        expect(second).to.include({ method: 'POST', path: '/v1/chat/completions' });
        expect(second?.headers).to.include({ 'content-type': 'application/json', accept: 'text/event-stream' });
        const { 'x-internal-auth': key, authorization } = second?.headers ?? {};
        expect(JSON.parse(JSON.stringify({ 'x-internal-auth': key, authorization }))).to.deep.equal(
          AUTHENTICATION[mode],
        );
        expect(second?.body).to.equal(
          JSON.stringify({
            model: 'some-model',
            messages: [
              { role: 'system', content: 'Be brief.' },
              { role: 'user', content: 'Hallo, 世界 🙂' },
              { role: 'assistant', content: 'Grüße 🙂' },
              { role: 'user', content: 'Und jetzt?' },
            ],
            stream: true,
            stream_options: { include_usage: true },
          }),
        );
      });

      it('asks for no usage where AGENT_RUNTIME__STREAM_USAGE is false', async () => {
        upstream.answer = () => streamed(text('Hello') + finish('stop') + done);
        const service = await start({ ...MODES[mode](), STREAM_USAGE: ' False ' });
        expect((await service.converse('Hi')).text).to.equal('Hello');
        expect(JSON.parse(upstream.requests[0]?.body ?? '{}')).to.include({ stream: true });
        expect(upstream.requests[0]?.body).not.to.contain('stream_options');
      });

      it('does not start with a word for AGENT_RUNTIME__STREAM_USAGE that is neither true nor false', async () => {
        for (const word of ['no', '0', 'off', 'falsee']) {
          expect(await errorOf(start({ ...MODES[mode](), STREAM_USAGE: word })), word)
            .to.have.property('message')
            .that.contains('AGENT_RUNTIME__STREAM_USAGE: must be true or false');
        }
      });

      it('keeps every character when the bytes come one by one, and makes no frame of empty deltas', async () => {
        const answer = ['Grüße, ', '世界', '', ' 👩‍👩‍👧‍👦🇫🇷', ' e\u0301\n\n', '\u2028'];
        const bytes = Buffer.from(role + answer.map(text).join('') + finish('stop') + usage(3, 4) + done);
        upstream.answer = () => ({
          headers: EVENTS,
          steps: cuts['byte by byte'](bytes).map((byte) => ({ type: 'write', bytes: byte })),
        });
        const service = await start(MODES[mode]());
        const stream = await service.converse('Hi');
        expect(stream.payloads.map(({ token }) => token)).to.deep.equal([...answer.filter(Boolean), '']);
        const { json } = await service.get('/agent/sessions/demo/messages');
        expect(json).to.have.nested.property('messages[1].content', answer.join(''));
        expect((await service.get(`/agent/runs/${stream.runId}`)).json).to.deep.include({
          usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
        });
      });

      it('lists the models of the upstream, which is asked once by fifty who ask at once', async () => {
        const list = mode === 'proxy' ? '[{"id":"a"}]' : '{"data":[{"id":"a"}]}';
        upstream.answer = () => ({
          headers: { 'Content-Type': 'application/json' },
          steps: [{ type: 'write', bytes: list }],
        });
        const service = await start(MODES[mode]());
        const answers = await Promise.all(Array.from({ length: 50 }, () => service.get('/v1/llm/models')));
        for (const { json } of answers) {
          expect(json).to.deep.equal([
            { id: 'a', name: 'a', provider: mode, context_length: null, is_available: true },
          ]);
        }
        expect(upstream.requests).to.have.length(1);
        expect(upstream.requests[0]).to.include({ method: 'GET', path: MODELS_PATH[mode] });
      });

      it('answers 502 for the models when the upstream fails', async () => {
        upstream.answer = () => ({ status: 500, steps: [{ type: 'write', bytes: 'canary' }] });
        const service = await start(MODES[mode]());
        const answer = await service.get('/v1/llm/models');
        expectProblem(answer, 502);
        expect(answer.text).not.to.contain('canary');
      });
    });
  }

  for (const [role, messages] of [
    [
      'developer',
      [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    ],
    ['user', [{ role: 'user', content: 'Be brief.\n\nHi' }]],
  ] as const) {
    it(`sends the system prompt as AGENT_RUNTIME__SYSTEM_ROLE=${role} says`, async () => {
      upstream.answer = () => streamed(text('Hello') + finish('stop') + done);
      const service = await start({ ...MODES.vllm(), SYSTEM_PROMPT: 'Be brief.', SYSTEM_ROLE: role });
      await service.converse('Hi');
      expect(JSON.parse(upstream.requests[0]?.body ?? '{}').messages).to.deep.equal(messages);
    });
  }

  it('reads what sse-starlette writes', async () => {
    const answer = role + text('Hello, ') + text('world') + finish('stop') + done;
    upstream.answer = () => streamed(`: ping\r\n\r\n${answer.replaceAll('\n\n', '\r\ndata: \r\n\r\n')}`);
    const service = await start(MODES.proxy());
    const stream = await service.converse('Hi');
    expect(stream.text).to.equal('Hello, world');
    expect(stream.finishReason).to.equal('stop');
  });

  it("tells vLLM's context length", async () => {
    const list = '{"data":[{"id":"qwen","max_model_len":32768}]}';
    upstream.answer = () => ({
      headers: { 'Content-Type': 'application/json' },
      steps: [{ type: 'write', bytes: list }],
    });
    const service = await start(MODES.vllm());
    expect((await service.get('/v1/llm/models')).json).to.have.nested.property('[0].context_length', 32768);
  });

  it('ends every answer in good order that the upstream did not', async () => {
    const failures: readonly (readonly [UpstreamAnswer, string])[] = [
      [{ status: 401, steps: [{ type: 'write', bytes: 'canary' }] }, 'upstream_unauthorized'],
      [{ status: 400, steps: [{ type: 'write', bytes: 'canary' }] }, 'upstream_rejected'],
      [{ status: 429 }, 'upstream_rate_limited'],
      [{ status: 503 }, 'upstream_unavailable'],
      [streamed(text('Half') + error('canary')), 'upstream_error'],
      [streamed(text('Half')), 'upstream_truncated'],
      [{ headers: EVENTS, steps: [{ type: 'write', bytes: text('Half') }, { type: 'destroy' }] }, 'upstream_truncated'],
      [{ headers: EVENTS, steps: [{ type: 'write', bytes: text('Half') }, { type: 'reset' }] }, 'upstream_truncated'],
      [streamed(done), 'upstream_empty'],
      [streamed('data: <canary>\n\n'), 'upstream_protocol'],
    ];
    const service = await start(MODES.openai());
    for (const [index, [failure, code]] of failures.entries()) {
      upstream.answer = () => failure;
      const stream = await service.converse('Hi', `s${index}`);
      expect(stream.payloads.at(-2), code).to.include({ type: 'error', code });
      expect(stream.finishReason).to.equal('error');
      expect(stream.frames.at(-1)?.data).to.equal('[DONE]');
      expect(stream.raw).not.to.contain('canary');
      const whole = await service.post('/agent/message', aMessage({ session_id: `w${index}` }));
      expectProblem(whole, 502, code);
    }
  });

  it('ends the answer when nobody listens at the address', async () => {
    const service = await start({ ...MODES.vllm(), VLLM_BASE_URL: 'http://127.0.0.1:1/v1' });
    const stream = await service.converse('Hi');
    expect(stream.payloads[0]).to.include({ type: 'error', code: 'upstream_unavailable', retryable: true });
    expectProblem(await service.get('/v1/llm/models'), 502, 'upstream_unavailable');
  });
});

function streamed(bytes: string): UpstreamAnswer {
  return { headers: EVENTS, steps: [{ type: 'write', bytes }] };
}
