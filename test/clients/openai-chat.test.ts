import { expect } from 'chai';
import type OpenAI from 'openai';
import { agentsFile } from '../support/agents-file.js';
import { errorOf } from '../support/builders.js';
import { completionStream } from '../support/completion-stream.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';
import { OPENAI_PACKAGES, openAiClient } from './openai-client.js';

const { role, text, reasoning, call, finish, usage, done } = completionStream;
const HELLO = [role, text('Hel'), text('lo'), finish('stop'), usage(11, 7), done].join('');
const AGENTS = {
  coder: { model: 'openai:big', instructions: 'Write code.', options: { temperature: 0.1, top_p: 0.5 } },
};
const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const ADD = {
  type: 'function',
  function: {
    name: 'add',
    description: 'Adds',
    strict: true,
    parameters: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
  },
} as const;
const hi: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hi' }];

for (const name of OPENAI_PACKAGES) {
  describe(`chat completions by the client ${name}`, () => {
    let upstream: ScriptedUpstream;
    let server: RuntimeServer;
    let openai: OpenAI;

    beforeEach(async () => {
      upstream = new ScriptedUpstream();
      await upstream.start();
      upstream.answer = () => streamed(HELLO);
      server = await RuntimeServer.start({
        settings: {
          AGENTS_FILE: agentsFile(AGENTS),
          SYSTEM_PROMPT: 'Be brief.',
          LLM_MODE: 'openai',
          LLM_MODEL: 'gpt-small',
          OPENAI_API_KEY: 'sk-test',
          OPENAI_BASE_URL: `${upstream.url}/v1`,
          UPSTREAM_RETRIES: '0',
        },
      });
      openai = await openAiClient(name, server.origin);
    });
    afterEach(async () => {
      await server.close();
      await upstream.close();
    });

    const asked = () => upstream.requests.map(({ body }) => JSON.parse(body)).at(-1);
    const inSession = { headers: { 'X-Session-Id': 'demo' } };
    const create = (fields: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}, options = {}) =>
      openai.chat.completions.create({ model: 'gpt-4o', messages: hi, ...fields }, options);
    const stream = (fields: Partial<Parameters<typeof openai.chat.completions.stream>[0]> = {}, options = {}) =>
      openai.chat.completions.stream({ model: 'gpt-4o', messages: hi, ...fields }, options);

    it('are whole, of the model that was asked for, and nobody adds instructions', async () => {
      const { data, response } = await create().withResponse();
      const run = response.headers.get('x-run-id');
      expect(data).to.deep.equal({
        id: `chatcmpl-${run}`,
        object: 'chat.completion',
        created: data.created,
        model: 'gpt-4o',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'Hello', refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
        usage: USAGE,
      });
      expect(response.headers.get('content-type')).to.equal('application/json');
      expect(response.headers.get('content-location')).to.equal(`/agent/runs/${run}`);
      expect(asked()).to.deep.equal({
        model: 'gpt-4o',
        messages: hi,
        stream: true,
        stream_options: { include_usage: true },
      });
    });

    it('are streams of the same, with usage where it is asked for', async () => {
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      const all = await openai.chat.completions.create({
        model: 'gpt-4o',
        messages: hi,
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const chunk of all) chunks.push(chunk);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content)).to.deep.equal([
        '',
        'Hel',
        'lo',
        undefined,
        undefined,
      ]);
      expect(chunks.map(({ usage }) => usage)).to.deep.equal([null, null, null, null, USAGE]);
      expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`))).to.have.length(1);
      const plain = await stream().finalChatCompletion();
      expect(plain.choices[0]?.message.content).to.equal('Hello');
      expect(plain.usage).to.equal(undefined);
    });

    it('pass on what they say to the model, as it was written, and nothing that is of no use to it', async () => {
      const passed = {
        temperature: 0.5,
        max_tokens: 9,
        stop: 'END',
        seed: 7,
        top_p: 0.9,
        max_completion_tokens: 10,
        presence_penalty: 1,
        frequency_penalty: -1,
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
        reasoning_effort: 'low',
        logit_bias: { '50256': -100 },
        parallel_tool_calls: false,
        tools: [ADD],
        tool_choice: { type: 'function', function: { name: 'add' } },
      } as const;
      const messages = [
        { role: 'system', content: 'Be exact.' },
        { role: 'developer', content: [{ type: 'text', text: 'Very.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Add' }], name: 'ann' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a": 1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '1' },
        { role: 'user', content: 'And more' },
      ] satisfies OpenAI.ChatCompletionMessageParam[];
      await create({
        ...passed,
        tools: [...passed.tools],
        messages,
        user: 'ann',
        metadata: { a: 'b' },
        store: true,
        safety_identifier: 'x',
        prompt_cache_key: 'y',
        n: 1,
        logprobs: true,
        service_tier: 'auto',
      });
      expect(asked()).to.deep.equal({
        model: 'gpt-4o',
        messages,
        stream: true,
        stream_options: { include_usage: true },
        ...passed,
      });
    });

    it('are of the model that is set where none is named, and of any that the upstream may know', async () => {
      for (const [model, upstreams] of [
        [undefined, 'gpt-small'],
        ['openai:gpt-4o', 'gpt-4o'],
        ['llama3:8b', 'llama3:8b'],
        ['ft:gpt-4o:acme::abc', 'ft:gpt-4o:acme::abc'],
        ['meta-llama/Llama-3', 'meta-llama/Llama-3'],
      ] as const) {
        const { json } = await server.post('/v1/chat/completions', { model, messages: hi });
        expect(asked()).to.include({ model: upstreams });
        expect(json).to.include({ model: upstreams });
      }
    });

    it('are an agent’s, with its instructions and options, where one is named', async () => {
      const { model } = await create({ model: 'agent/coder', temperature: 1 });
      expect(model).to.equal('agent/coder');
      expect(asked()).to.deep.include({ model: 'big', temperature: 1, top_p: 0.5 });
      expect(asked().messages).to.deep.equal([{ role: 'system', content: 'Write code.' }, ...hi]);
      const own = [{ role: 'system', content: 'Write prose.' } as const, ...hi];
      await create({ model: 'agent/coder', messages: own });
      expect(asked().messages).to.deep.equal(own);
      const error = await errorOf(create({ model: 'agent/codr' }));
      expect(error).to.include({ status: 400, param: 'model', code: 'invalid_request' });
      expect(String(error)).to.include('coder');
    });

    it('think before they answer', async () => {
      upstream.answer = () => streamed(role + reasoning('hm ') + text('Hi') + finish('stop') + done);
      const deltas: unknown[] = [];
      for await (const chunk of stream()) deltas.push(chunk.choices[0]?.delta);
      expect(deltas[1]).to.deep.equal({ reasoning_content: 'hm ' });
      expect((await create()).choices[0]?.message).to.include({ content: 'Hi', reasoning_content: 'hm ' });
    });

    it('ask for tools that the client runs, streamed and whole', async () => {
      upstream.answer = () => streamed(asking('{"a":', '1}'));
      const final = await stream({ tools: [ADD] }).finalChatCompletion();
      for (const { choices } of [final, await create({ tools: [ADD] })]) {
        expect(choices[0]?.finish_reason).to.equal('tool_calls');
        expect(choices[0]?.message.content ?? '').to.equal('');
        const [one] = choices[0]?.message.tool_calls ?? [];
        expect(one).to.deep.include({ id: 'c1', type: 'function' });
        expect(one?.type === 'function' && one.function).to.deep.include({ name: 'add', arguments: '{"a":1}' });
      }
    });

    for (const session of [undefined, 'demo']) {
      it(`are finished by runTools, ${session === undefined ? 'without' : 'with'} a session`, async () => {
        upstream.answer = ({ body }) => streamed(body.includes('"role":"tool"') ? HELLO : asking('{"a":41}'));
        const given: unknown[] = [];
        const headers = session === undefined ? {} : { 'X-Session-Id': session };
        const runner = openai.chat.completions.runTools(
          {
            model: 'gpt-4o',
            messages: hi,
            stream: true,
            tools: [
              {
                type: 'function',
                function: {
                  name: 'add',
                  description: 'Adds',
                  parameters: ADD.function.parameters,
                  parse: JSON.parse,
                  function: (said: unknown) => {
                    given.push(said);
                    return '42';
                  },
                },
              },
            ],
          },
          { headers },
        );
        expect(await runner.finalContent()).to.equal('Hello');
        expect(given).to.deep.equal([{ a: 41 }]);
        expect(asked().messages.slice(-2)).to.deep.equal([
          {
            role: 'assistant',
            content: asked().messages.at(-2).content,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":41}' } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: '42' },
        ]);
      });
    }

    it('go on with a session, of which the client may send all or only what is new', async () => {
      await create({}, inSession);
      const answer = { role: 'assistant', content: 'something else' } as const;
      await create({ messages: [...hi, answer, { role: 'user', content: 'More' }] }, inSession);
      await create(
        {
          messages: [
            { role: 'system', content: 'Now.' },
            { role: 'user', content: 'And' },
          ],
        },
        inSession,
      );
      expect(asked().messages).to.deep.equal([
        { role: 'system', content: 'Now.' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'More' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'And' },
      ]);
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages.length', 6);
    });

    it('are told again natively, also without a session', async () => {
      const { response } = await create().withResponse();
      const run = await server.follow(`/agent/runs/${response.headers.get('x-run-id')}/stream`);
      expect((await run.ended()).text).to.equal('Hello');
    });

    it('are refused as a busy session is, and answer an Idempotency-Key once', async () => {
      const hanging = Promise.withResolvers<void>();
      upstream.answer = () => ({
        ...streamed(''),
        steps: [
          { type: 'wait-for', promise: hanging.promise },
          { type: 'write', bytes: HELLO },
        ],
      });
      const headers = { ...inSession.headers, 'Idempotency-Key': 'k1' };
      const first = create({}, { headers });
      await upstream.nextRequest();
      const busy = await errorOf(create({}, inSession));
      expect(busy).to.be.instanceOf((await import(name)).default.ConflictError);
      expect(busy).to.include({ status: 409, code: 'session_busy', type: 'invalid_request_error', param: null });
      const again = create({}, { headers });
      hanging.resolve();
      expect((await again).id).to.equal((await first).id);
      expect(upstream.requests).to.have.length(1);
    });

    it('that fail are an error of the client, which does not ask again', async () => {
      const patient = await openAiClient(name, server.origin, { maxRetries: 2 });
      upstream.answer = () => ({
        status: 401,
        headers: { 'Content-Type': 'application/json' },
        steps: [{ type: 'write', bytes: '{"error":{"message":"secret"}}' }],
      });
      const whole = await errorOf(patient.chat.completions.create({ model: 'gpt-4o', messages: hi }));
      expect(whole).to.include({ status: 502, code: 'upstream_unauthorized', type: 'server_error', param: null });
      expect(String(whole)).to.not.include('secret');
      expect(upstream.requests).to.have.length(1);
      upstream.answer = () => streamed(role + text('Hel'));
      const streaming = patient.chat.completions.stream({ model: 'gpt-4o', messages: hi });
      const said: string[] = [];
      streaming.on('content', (delta) => said.push(delta));
      expect(await errorOf(streaming.done())).to.include({ code: 'upstream_truncated', type: 'server_error' });
      expect(said).to.deep.equal(['Hel']);
      expect(upstream.requests).to.have.length(2);
    });

    it('are cancelled natively: an error of the client, streamed and whole', async () => {
      upstream.answer = () => ({
        ...streamed(''),
        steps: [{ type: 'write', bytes: role + text('Hel') }, { type: 'hang' }],
      });
      const all = await openai.chat.completions.create({ model: 'gpt-4o', messages: hi, stream: true }).withResponse();
      const reading = errorOf(allOf(all.data));
      await server.post(`/agent/runs/${all.response.headers.get('x-run-id')}/cancel`);
      expect(await reading).to.include({ code: 'cancelled' });
      const asking = upstream.nextRequest();
      const whole = errorOf(create({}, inSession));
      await asking;
      await server.post('/agent/sessions/demo/cancel');
      expect(await whole).to.include({ status: 409, code: 'cancelled' });
    });

    it('that are cut off are never taken for whole', async () => {
      const words = Array.from({ length: 30 }, (_, index) => text(`word${index} `)).join('');
      upstream.answer = () => streamed(role + words + finish('stop') + done);
      const random = new SeededRandom();
      const proxy = await CuttingProxy.start(server.origin, () => 500 + random.whole(5000));
      const cut = await openAiClient(name, proxy.origin);
      for (let round = 0; round < 10; round += 1) {
        const error = await errorOf(cut.chat.completions.stream({ model: 'gpt-4o', messages: hi }).finalContent());
        expect(error, `seed ${random.seed}`).to.be.instanceOf(Error);
      }
      expect(proxy.cuts).to.equal(10);
      await proxy.close();
    });

    it('stop when a client without a session leaves, and go on with one', async () => {
      const gate = Promise.withResolvers<void>();
      upstream.answer = () => ({
        ...streamed(''),
        steps: [
          { type: 'write', bytes: role + text('Hel') },
          { type: 'wait-for', promise: gate.promise },
          { type: 'write', bytes: text('lo') + finish('stop') + done },
        ],
      });
      const alone = await openai.chat.completions.create({ model: 'gpt-4o', messages: hi, stream: true });
      for await (const chunk of alone) if (chunk.choices[0]?.delta.content) break;
      await upstream.requests[0]?.socketClosed;
      const kept = await openai.chat.completions.create({ model: 'gpt-4o', messages: hi, stream: true }, inSession);
      for await (const chunk of kept) if (chunk.choices[0]?.delta.content) break;
      gate.resolve();
      const rest = await server.follow('/agent/sessions/demo/stream');
      await rest.ended();
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages[1].content', 'Hello');
    });

    it('tell the agents and the models that can be named', async () => {
      const models = { data: [{ id: 'gpt-4o' }, { id: 'llama3:8b' }, { id: 'meta/llama' }] };
      upstream.answer = () => ({
        headers: { 'Content-Type': 'application/json' },
        steps: [{ type: 'write', bytes: JSON.stringify(models) }],
      });
      const all = await allOf(openai.models.list());
      expect(all.map(({ id }) => id)).to.deep.equal([
        'agent/coder',
        'agent/default',
        'gpt-4o',
        'llama3:8b',
        'meta/llama',
      ]);
      for (const one of all) {
        expect(one).to.include({ object: 'model', created: 0 });
        expect(await openai.models.retrieve(one.id)).to.deep.equal(one);
        expect((await server.get(`/v1/models/${one.id}`)).json).to.deep.equal(one);
      }
      expect(await errorOf(openai.models.retrieve('gpt-5'))).to.include({ status: 404, code: 'model_not_found' });
    });

    it('are nothing but data lines and comments, which is all that the client for Python bears', async () => {
      for (const [path, fields, line] of [
        ['/v1/chat/completions', { messages: hi }, /^data: .+$/],
        ['/v1/responses', { input: 'Hi' }, /^event: response\.[a-z_.]+\ndata: .+$/],
      ] as const) {
        const { text, headers } = await server.post(path, { ...fields, stream: true });
        expect(headers['content-type']).to.match(/^text\/event-stream/);
        const [first, ...blocks] = text.split('\n\n').slice(0, -1);
        expect(first).to.equal(': ok');
        for (const block of blocks) expect(block).to.match(line);
      }
    });

    it('refuse a wrong key', async () => {
      const stranger = await openAiClient(name, server.origin, { apiKey: 'wrong' });
      expect(await errorOf(stranger.models.list())).to.include({
        status: 401,
        type: 'authentication_error',
        code: 'unauthorized',
      });
      expect(await errorOf(stranger.chat.completions.create({ model: 'x', messages: hi }))).to.include({ status: 401 });
    });
  });
}

function asking(...pieces: readonly string[]): string {
  const [first = '', ...others] = pieces;
  const head = { index: 0, id: 'c1', type: 'function', function: { name: 'add', arguments: first } };
  const rest = others.map((piece) => call({ index: 0, function: { arguments: piece } }));
  return [role, call(head), ...rest, finish('tool_calls'), done].join('');
}

function streamed(bytes: string): UpstreamAnswer {
  return { headers: { 'Content-Type': 'text/event-stream' }, steps: [{ type: 'write', bytes }] };
}

async function allOf<One>(source: AsyncIterable<One>): Promise<One[]> {
  const all: One[] = [];
  for await (const one of source) all.push(one);
  return all;
}
