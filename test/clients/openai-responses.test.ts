import { expect } from 'chai';
import type OpenAI from 'openai';
import { agentsFile } from '../support/agents-file.js';
import { errorOf } from '../support/builders.js';
import { completionStream } from '../support/completion-stream.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { FixedClock } from '../support/fixed-clock.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';
import { ScriptedUpstream, type UpstreamAnswer, type UpstreamStep } from '../support/upstream-server.js';
import { OPENAI_PACKAGES, openAiClient } from './openai-client.js';

const { role, text, reasoning, call, finish, usage, done } = completionStream;
const HELLO = [role, text('Hel'), text('lo'), finish('stop'), usage(11, 7), done].join('');
const USAGE = {
  input_tokens: 11,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 18,
};
const ADD = {
  type: 'function',
  name: 'add',
  description: 'Adds',
  strict: true,
  parameters: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
} as const;
const KEYS = [
  'id',
  'object',
  'created_at',
  'completed_at',
  'status',
  'background',
  'error',
  'incomplete_details',
  'instructions',
  'max_output_tokens',
  'model',
  'output',
  'parallel_tool_calls',
  'previous_response_id',
  'reasoning',
  'store',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_p',
  'truncation',
  'usage',
  'metadata',
];

type Create = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Event = OpenAI.Responses.ResponseStreamEvent;

for (const name of OPENAI_PACKAGES) {
  describe(`responses by the client ${name}`, () => {
    let upstream: ScriptedUpstream;
    let server: RuntimeServer;
    let openai: OpenAI;

    beforeEach(async () => {
      upstream = new ScriptedUpstream();
      await upstream.start();
      upstream.answer = () => streamed(HELLO);
      server = await RuntimeServer.start({
        settings: {
          AGENTS_FILE: agentsFile({ coder: { model: 'openai:big', instructions: 'Write code.' } }),
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

    const said = () => asked().messages.map(({ content }: { content: string }) => content);
    const asked = () => upstream.requests.map(({ body }) => JSON.parse(body)).at(-1);
    const create = (fields: Partial<Create> = {}, options = {}) =>
      openai.responses.create({ model: 'gpt-4o', input: 'Hi', ...fields }, options);
    const streaming = (fields: Partial<Create> = {}, client = openai) =>
      client.responses.create({ model: 'gpt-4o', input: 'Hi', ...fields, stream: true });
    const sentence = (content: string, role = 'user') => ({ role, content });

    /** The model says so much, and the rest when the test says so. */
    function held(): () => void {
      const gate = Promise.withResolvers<void>();
      upstream.answer = () =>
        streamed(
          { type: 'write', bytes: role + text('Hel') },
          { type: 'wait-for', promise: gate.promise },
          { type: 'write', bytes: text('lo') + finish('stop') + usage(11, 7) + done },
        );
      return gate.resolve;
    }

    it('are whole, with all that the request said of itself', async () => {
      const said = {
        instructions: 'Be exact.',
        temperature: 0.5,
        top_p: 0.9,
        max_output_tokens: 100,
        parallel_tool_calls: false,
        metadata: { a: 'b' },
        truncation: 'auto',
        reasoning: { effort: 'low' },
        text: { verbosity: 'low' },
      } as const;
      const { data, response } = await create({ ...said, tools: [ADD], tool_choice: 'auto' }).withResponse();
      expect(data).to.include.all.keys(KEYS).and.not.have.any.keys('conversation');
      expect(data).to.deep.include({ ...said, tools: [ADD], tool_choice: 'auto', store: true, background: false });
      expect(data).to.deep.include({
        id: `resp_${response.headers.get('x-run-id')}`,
        object: 'response',
        status: 'completed',
        output_text: 'Hello',
        model: 'gpt-4o',
        usage: USAGE,
        error: null,
        incomplete_details: null,
        previous_response_id: null,
      });
      expect(data.completed_at).to.be.at.least(data.created_at);
      expect(asked()).to.deep.equal({
        model: 'gpt-4o',
        messages: [sentence('Be exact.', 'system'), sentence('Hi')],
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
        top_p: 0.9,
        max_completion_tokens: 100,
        parallel_tool_calls: false,
        tools: [{ type: 'function', function: { ...ADD, type: undefined } }].map((tool) =>
          JSON.parse(JSON.stringify(tool)),
        ),
        tool_choice: 'auto',
      });
      const plain = await create();
      expect(plain).to.include.all.keys(KEYS);
      expect(asked().messages).to.deep.equal([sentence('Hi')]);
    });

    it('are streams of events in the order that the helper checks, and the same when they are retrieved', async () => {
      upstream.answer = () => streamed(role + reasoning('hm') + text('Hi') + finish('stop') + usage(11, 7) + done);
      const events = await allOf(await streaming());
      expect(events.map(({ sequence_number }) => sequence_number)).to.deep.equal(events.map((_, index) => index));
      const last = events.at(-1);
      const ended = last?.type === 'response.completed' ? last.response : undefined;
      expect(ended?.output.map(({ type }) => type)).to.deep.equal(['reasoning', 'message']);
      const stored = await openai.responses.retrieve(ended?.id ?? '');
      expect(JSON.parse(JSON.stringify(stored))).to.deep.equal({ ...ended, output_text: 'Hi' });
      const final = await openai.responses.stream({ model: 'gpt-4o', input: 'Hi' }).finalResponse();
      expect(final.output_text).to.equal('Hi');
      expect(final.completed_at).to.be.a('number');
    });

    it('go on from the response before', async () => {
      const first = await create({ instructions: 'Once.' });
      const second = await create({ previous_response_id: first.id, input: 'More' });
      expect(second.previous_response_id).to.equal(first.id);
      expect(second.instructions).to.equal(null);
      expect(asked().messages).to.deep.equal([sentence('Hi'), sentence('Hello', 'assistant'), sentence('More')]);
      for (const id of ['resp_0', 'nonsense', 'resp_../x']) {
        const error = await errorOf(create({ previous_response_id: id }));
        expect(error, id).to.include({ status: 400, param: 'previous_response_id', code: 'invalid_request' });
      }
      const third = await openai.responses
        .stream({ model: 'gpt-4o', input: 'And', previous_response_id: second.id })
        .finalResponse();
      expect(third.output_text).to.equal('Hello');
      expect(asked().messages).to.have.length(5);
    });

    it('go on from any response before, each in a session of its own that has what was said up to it', async () => {
      const trunk = [await create({ input: 'Q0' })];
      for (const input of ['Q1', 'Q2'])
        trunk.push(await create({ input, previous_response_id: trunk.at(-1)?.id ?? '' }));
      const [first, second] = trunk;
      const branch = await create({ input: 'B1', previous_response_id: first?.id ?? '' });
      expect(branch).to.include({ output_text: 'Hello', previous_response_id: first?.id });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'B1']);
      await create({ input: 'B2', previous_response_id: branch.id });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'B1', 'Hello', 'B2']);
      await create({ input: 'C1', previous_response_id: second?.id ?? '' });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'Q1', 'Hello', 'C1']);
      await create({ input: 'D1', previous_response_id: branch.id });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'B1', 'Hello', 'D1']);
      await create({ input: 'Q3', previous_response_id: trunk[2]?.id ?? '' });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'Q1', 'Hello', 'Q2', 'Hello', 'Q3']);
      const { sessions } = JSON.parse((await server.get('/agent/sessions')).text);
      const counts = sessions.map(({ message_count }: { message_count: number }) => message_count);
      expect(counts.sort()).to.deep.equal([6, 6, 6, 8]);
      expect(await openai.responses.retrieve(first?.id ?? '')).to.include({ output_text: 'Hello' });
    });

    it('go on from a response before while its session answers or waits for calls', async () => {
      const first = await create({ input: 'Q0' });
      const release = held();
      const running = await create({ input: 'Q1', previous_response_id: first.id, background: true });
      upstream.answer = () => streamed(HELLO);
      await create({ input: 'B1', previous_response_id: first.id });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'B1']);
      release();
      await allOf(await openai.responses.retrieve(running.id, { stream: true }));
      upstream.answer = () => streamed(asking('{"a":1}'));
      await create({ input: 'Add', previous_response_id: running.id, tools: [ADD] });
      upstream.answer = () => streamed(HELLO);
      await create({ input: 'C1', previous_response_id: running.id });
      expect(said()).to.deep.equal(['Q0', 'Hello', 'Q1', 'Hello', 'C1']);
    });

    it('go on with another output of a call that has one already, and with a turn that had tools', async () => {
      upstream.answer = ({ body }) => streamed(body.includes('"role":"tool"') ? HELLO : asking('{"a":41}'));
      const zeroth = await create({ input: 'Add', tools: [ADD] });
      const output = (said: string) => [{ type: 'function_call_output' as const, call_id: 'c1', output: said }];
      const first = await create({ previous_response_id: zeroth.id, input: output('42'), tools: [ADD] });
      await create({ previous_response_id: first.id, input: 'Thanks' });
      const call = { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":41}' } };
      const called = { role: 'assistant', content: null, tool_calls: [call] };
      const results = (said: string) => [sentence('Add'), called, { role: 'tool', tool_call_id: 'c1', content: said }];
      const other = await create({ previous_response_id: zeroth.id, input: output('43'), tools: [ADD] });
      expect(asked().messages).to.deep.equal(results('43'));
      await create({ previous_response_id: other.id, input: 'Why?' });
      const why = [...results('43'), sentence('Hello', 'assistant'), sentence('Why?')];
      expect(asked().messages).to.deep.equal(why);
      await create({ previous_response_id: first.id, input: 'Again' });
      const again = [...results('42'), sentence('Hello', 'assistant'), sentence('Again')];
      expect(asked().messages).to.deep.equal(again);
    });

    it('are one branch for the same Idempotency-Key, also when the first request went on in the session itself', async () => {
      const first = await create({ input: 'Q0' });
      const once = (input: string, key: string) => () =>
        create({ input, previous_response_id: first.id }, { headers: { 'Idempotency-Key': key } });
      const [trunk, branch] = [once('Q1', 'k1'), once('B1', 'k2')];
      const ids = [(await trunk()).id, (await branch()).id, (await trunk()).id, (await branch()).id];
      expect(new Set(ids).size).to.equal(2);
      expect(ids.slice(0, 2)).to.deep.equal(ids.slice(2));
      expect(upstream.requests).to.have.length(3);
      expect(await errorOf(once('other', 'k2')())).to.include({ status: 400, code: 'idempotency_mismatch' });
    });

    it('go on in a conversation, which is a session like any other', async () => {
      const first = await create({ conversation: 'demo' });
      const second = await create({
        conversation: { id: 'demo' },
        input: [
          { role: 'developer', content: 'Now.' },
          { role: 'user', content: [{ type: 'input_text', text: 'More' }] },
        ],
      });
      expect([first.conversation, second.conversation]).to.deep.equal([{ id: 'demo' }, { id: 'demo' }]);
      expect(asked().messages).to.deep.equal([
        sentence('Now.', 'system'),
        sentence('Hi'),
        sentence('Hello', 'assistant'),
        sentence('More'),
      ]);
      await server.converse('Natively');
      expect(asked().messages).to.deep.include(sentence('More'));
      expect(await errorOf(create({ conversation: 'a b' }))).to.include({ status: 400, param: 'conversation' });
      const both = await errorOf(create({ conversation: 'demo', previous_response_id: second.id }));
      expect(both).to.include({ status: 400, param: 'previous_response_id' });
    });

    it('may bring all that was said along, in items, and go on from that', async () => {
      const first = await create({
        input: [
          { role: 'system', content: 'Be kind.' },
          { type: 'message', role: 'user', content: 'Add' },
          { type: 'reasoning', id: 'rs_1', summary: [] },
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: 'I will', annotations: [] }],
          },
          { type: 'function_call', call_id: 'c0', name: 'add', arguments: '{"a":1}' },
          { type: 'function_call_output', call_id: 'c0', output: '2' },
          { role: 'user', content: 'Again' },
        ],
      });
      const brought = [
        sentence('Be kind.', 'system'),
        sentence('Add'),
        {
          role: 'assistant',
          content: 'I will',
          tool_calls: [{ id: 'c0', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c0', content: '2' },
        sentence('Again'),
      ];
      expect(asked().messages).to.deep.equal(brought);
      upstream.answer = () => streamed(asking('{"a":3}'));
      const second = await create({ previous_response_id: first.id, input: 'More', tools: [ADD] });
      upstream.answer = () => streamed(HELLO);
      const output = { type: 'function_call_output', call_id: 'c1', output: '4' } as const;
      await create({ previous_response_id: second.id, input: [output] });
      expect(asked().messages).to.deep.equal([
        ...brought,
        sentence('Hello', 'assistant'),
        sentence('More'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":3}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '4' },
      ]);
      expect((await server.get('/agent/sessions')).json).to.deep.include({ sessions: [] });
    });

    it('ask for tools that the client runs, streamed and whole, and go on with their output', async () => {
      upstream.answer = ({ body }) => streamed(body.includes('"role":"tool"') ? HELLO : asking('{"a":', '41}'));
      const stream = openai.responses.stream({ model: 'gpt-4o', input: 'Add', tools: [ADD], tool_choice: 'required' });
      const pieces: string[] = [];
      stream.on('response.function_call_arguments.delta', ({ delta }) => pieces.push(delta));
      const first = await stream.finalResponse();
      const [item] = first.output;
      expect(item).to.deep.include({
        type: 'function_call',
        call_id: 'c1',
        name: 'add',
        arguments: '{"a":41}',
        status: 'completed',
      });
      expect(pieces).to.deep.equal(['{"a":', '41}']);
      expect(asked().tool_choice).to.equal('required');
      const output = { type: 'function_call_output', call_id: 'c1', output: '42' } as const;
      const second = await create({ previous_response_id: first.id, input: [output], tools: [ADD] });
      expect(second).to.include({ output_text: 'Hello', previous_response_id: first.id });
      expect(asked().messages.at(-1)).to.deep.equal({ role: 'tool', tool_call_id: 'c1', content: '42' });
      const third = await create({ previous_response_id: second.id, input: 'Thanks' });
      expect(third.output_text).to.equal('Hello');
      expect(asked().tools).to.equal(undefined);
      const whole = await create({ tools: [ADD], input: 'Add', conversation: 'demo' });
      expect(whole.output.map(({ type }) => type)).to.deep.equal(['function_call']);
      const open = await errorOf(create({ conversation: 'demo' }));
      expect(open).to.include({ status: 409, code: 'session_busy' });
      const both = await create({ conversation: 'demo', input: [{ ...output }, { role: 'user', content: 'And?' }] });
      expect(both.output_text).to.equal('Hello');
    });

    it('are written in the background, and read from any place while that goes on and after it', async () => {
      const release = held();
      const begun = await create({ background: true });
      expect(begun).to.include({ status: 'in_progress', background: true, completed_at: null });
      expect(begun.output).to.deep.equal([]);
      const live = await openai.responses.retrieve(begun.id, { stream: true });
      const seen: Event[] = [];
      for await (const event of live) {
        seen.push(event);
        if (event.type === 'response.output_text.delta') break;
      }
      const after = seen.at(-1)?.sequence_number ?? 0;
      const rest = openai.responses.retrieve(begun.id, { stream: true, starting_after: after });
      release();
      seen.push(...(await allOf(await rest)));
      expect(seen.map(({ sequence_number }) => sequence_number)).to.deep.equal(seen.map((_, index) => index));
      expect(seen.at(-1)).to.have.nested.property('response.status', 'completed');
      const again = await allOf(await openai.responses.retrieve(begun.id, { stream: true }));
      expect(again).to.deep.equal(seen);
      for (let number = 0; number < seen.length + 2; number += 1) {
        const tail = await allOf(await openai.responses.retrieve(begun.id, { stream: true, starting_after: number }));
        expect(tail).to.deep.equal(seen.slice(number + 1));
      }
      const helper = openai.responses.stream({ response_id: begun.id, starting_after: after });
      const helped = await allOf(helper);
      expect(helped.map(({ sequence_number }) => sequence_number)).to.deep.equal(
        seen.slice(after + 1).map((one) => one.sequence_number),
      );
      expect((await helper.finalResponse()).output_text).to.equal('Hello');
      expect((await openai.responses.retrieve(begun.id)).output_text).to.equal('Hello');
      const native = await server.follow(`/agent/runs/${begun.id.slice(5)}/stream`);
      expect((await native.ended()).text).to.equal('Hello');
    });

    it('refuse a place that is no number', async () => {
      const { id } = await create();
      for (const starting_after of ['x', '-1', '1.5', '']) {
        const { status, json } = await server.get(`/v1/responses/${id}?stream=true&starting_after=${starting_after}`);
        expect(status, starting_after).to.equal(400);
        expect(json).to.have.nested.property('error.code', 'invalid_cursor');
      }
    });

    it('lose nothing and repeat nothing when they are cut at random bytes and resumed', async () => {
      const words = Array.from({ length: 40 }, (_, index) => text(`w${index}\u2028中 `)).join('');
      upstream.answer = () => streamed(role + words + finish('stop') + done);
      const random = new SeededRandom();
      let isCut = true;
      const proxy = await CuttingProxy.start(server.origin, () => (isCut ? 400 + random.whole(9000) : undefined));
      for (let round = 0; round < 5; round += 1) {
        const cut = await openAiClient(name, proxy.origin, { defaultHeaders: { connection: 'close' } });
        const whole = await allOf(await streaming({ background: true }));
        const id = whole[0]?.type === 'response.created' ? whole[0].response.id : '';
        const seen: Event[] = [];
        isCut = true;
        for (let cuts = 0; seen.at(-1)?.type !== 'response.completed'; cuts += 1) {
          isCut = cuts < 6;
          const after = seen.at(-1)?.sequence_number;
          const place = after === undefined ? {} : { starting_after: after };
          try {
            for await (const event of await cut.responses.retrieve(id, { stream: true, ...place })) seen.push(event);
          } catch (error) {
            expect(isCut, `seed ${random.seed}: ${error}`).to.equal(true);
          }
        }
        expect(seen, `seed ${random.seed}`).to.deep.equal(whole);
      }
      expect(proxy.cuts).to.be.at.least(5);
      await proxy.close();
    });

    it('stop when their reader leaves, but for those in the background', async () => {
      for (const background of [false, true]) {
        const release = held();
        const stream = await streaming({ background });
        let id = '';
        for await (const event of stream) {
          if (event.type === 'response.created') id = event.response.id;
          if (event.type === 'response.output_text.delta') break;
        }
        if (!background) await upstream.requests.at(-1)?.socketClosed;
        release();
        const events = await allOf(await openai.responses.retrieve(id, { stream: true }));
        expect(events.at(-1)?.type).to.equal(background ? 'response.completed' : 'response.incomplete');
      }
    });

    it('are cancelled, again and again, with what they had written', async () => {
      held();
      const begun = await create({ background: true });
      const reading = openai.responses.stream({ response_id: begun.id });
      await reading.emitted('response.output_text.delta');
      for (let times = 0; times < 2; times += 1) {
        const cancelled = await openai.responses.cancel(begun.id);
        expect(cancelled).to.include({ status: 'cancelled', id: begun.id });
        expect(cancelled.incomplete_details).to.deep.equal({ reason: 'cancelled' });
        expect(cancelled.output).to.have.nested.property('[0].content[0].text', 'Hel');
      }
      expect((await reading.finalResponse()).status).to.equal('cancelled');
      upstream.answer = () => streamed(HELLO);
      const ended = await create();
      expect(await openai.responses.cancel(ended.id)).to.deep.include({ status: 'completed', output: ended.output });
    });

    it('are incomplete where the model had no more room', async () => {
      upstream.answer = () => streamed(role + text('Hel') + finish('length') + done);
      const cut = await create();
      expect(cut).to.deep.include({
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        usage: null,
      });
      expect(await openai.responses.stream({ model: 'gpt-4o', input: 'Hi' }).finalResponse()).to.include({
        status: 'incomplete',
      });
    });

    it('that fail are an error of the client, which does not ask again; streamed, they fail with what they had', async () => {
      const patient = await openAiClient(name, server.origin, { maxRetries: 2 });
      upstream.answer = () => streamed(role + text('Hel'));
      const whole = await errorOf(patient.responses.create({ model: 'gpt-4o', input: 'Hi' }));
      expect(whole).to.include({ status: 502, code: 'upstream_truncated', type: 'server_error', param: null });
      expect(upstream.requests).to.have.length(1);
      const final = await patient.responses.stream({ model: 'gpt-4o', input: 'Hi' }).finalResponse();
      expect(final.status).to.equal('failed');
      expect(final.error?.code).to.equal('server_error');
      expect(final.error?.message).to.include('(upstream_truncated)');
      expect(final.output).to.have.nested.property('[0].content[0].text', 'Hel');
      expect((await openai.responses.retrieve(final.id)).error).to.deep.equal(final.error);
    });

    it('are the same response for the same Idempotency-Key, in a session and without one', async () => {
      for (const conversation of [undefined, 'demo']) {
        const options = { headers: { 'Idempotency-Key': 'k1' } };
        const fields = conversation === undefined ? {} : { conversation };
        const [first, second] = [await create(fields, options), await create(fields, options)];
        expect(second.id).to.equal(first.id);
        const { data, response } = await create(fields, options).withResponse();
        expect(data.id).to.equal(first.id);
        expect(response.headers.get('idempotency-replayed')).to.equal('true');
        const other = await errorOf(create({ ...fields, input: 'Else' }, options));
        expect(other).to.include({ status: 400, code: 'idempotency_mismatch' });
      }
      expect(upstream.requests).to.have.length(2);
    });

    it('are refused while their session answers', async () => {
      const release = held();
      const stream = await streaming({ conversation: 'demo' });
      const busy = await errorOf(create({ conversation: 'demo' }));
      expect(busy).to.include({ status: 409, code: 'session_busy' });
      release();
      await allOf(stream);
    });

    it('are not there afterwards where they were not to be stored, or were deleted', async () => {
      const unstored = await create({ store: false });
      expect(unstored.output_text).to.equal('Hello');
      const alone = await create();
      await openai.responses.delete(alone.id);
      const first = await create();
      const second = await create({ previous_response_id: first.id });
      await openai.responses.delete(first.id);
      for (const id of [unstored.id, alone.id, first.id, 'resp_0', 'x']) {
        for (const gone of [
          openai.responses.retrieve(id),
          openai.responses.retrieve(id, { stream: true }),
          openai.responses.cancel(id),
          openai.responses.delete(id),
        ])
          expect(await errorOf(gone), id).to.include({ status: 404, code: 'run_not_found' });
        expect(await errorOf(create({ previous_response_id: id }))).to.include({
          status: 400,
          param: 'previous_response_id',
        });
      }
      expect((await openai.responses.retrieve(second.id)).output_text).to.equal('Hello');
      await create({ previous_response_id: second.id });
      expect(asked().messages).to.have.length(5);
      held();
      const running = await create({ background: true });
      expect((await server.delete(`/v1/responses/${running.id}`)).json).to.deep.equal({
        id: running.id,
        object: 'response',
        deleted: true,
      });
      expect(await errorOf(openai.responses.retrieve(running.id))).to.include({ status: 404 });
    });

    it('are an agent’s where one is named, and of any model', async () => {
      const code = await create({ model: 'agent/coder' });
      expect(code.model).to.equal('agent/coder');
      expect(asked().messages).to.deep.equal([sentence('Write code.', 'system'), sentence('Hi')]);
      await create({ model: 'agent/coder', instructions: 'Write prose.' });
      expect(asked()).to.deep.include({ model: 'big', messages: [sentence('Write prose.', 'system'), sentence('Hi')] });
      expect((await create({ model: 'llama3:8b' })).model).to.equal('llama3:8b');
      const { json } = await server.post('/v1/responses', { input: 'Hi' });
      expect(json).to.include({ model: 'gpt-small', status: 'completed' });
    });

    it('tell also of a run that another wire began', async () => {
      const native = await server.converse('Hi');
      const told = await openai.responses.retrieve(`resp_${native.runId}`);
      expect(told).to.include.all.keys(KEYS);
      expect(told).to.include({ output_text: 'Hello', status: 'completed', model: 'agent/default' });
      const next = await create({ previous_response_id: told.id });
      expect(next.output_text).to.equal('Hello');
      const chat = await openai.chat.completions.create({
        model: 'gpt-4o',
        messages: [{ role: 'user', content: 'Hi' }],
      });
      const retold = await openai.responses.retrieve(chat.id.replace('chatcmpl-', 'resp_'));
      expect(retold).to.include({ output_text: 'Hello', model: 'gpt-4o' });
    });
  });
}

describe('an Idempotency-Key of a response that begins a session', () => {
  it('is kept for a day, and begins another session after that', async () => {
    const clock = new FixedClock();
    const server = await RuntimeServer.start({ clock, settings: { SESSION_TTL_S: '864000' } });
    try {
      const openai = await openAiClient('openai', server.origin);
      const idOf = async () =>
        (await openai.responses.create({ input: 'Hi' }, { headers: { 'Idempotency-Key': 'k' } })).id;
      const first = await idOf();
      clock.advance(23 * HOUR);
      expect(await idOf()).to.equal(first);
      clock.advance(2 * HOUR);
      const next = await idOf();
      expect(next).to.not.equal(first);
      clock.advance(23 * HOUR);
      expect(await idOf()).to.equal(next);
      const { sessions } = JSON.parse((await server.get('/agent/sessions')).text);
      const counts = sessions.map(({ message_count }: { message_count: number }) => message_count);
      expect(counts).to.deep.equal([2, 2]);
    } finally {
      await server.close();
    }
  });
});

const HOUR = 3_600_000;

describe('a response whose journal is no longer kept', () => {
  it('is still told whole, and its events are gone', async () => {
    const clock = new FixedClock();
    const server = await RuntimeServer.start({ clock, settings: { JOURNAL_TTL_S: '10' } });
    try {
      const openai = await openAiClient('openai', server.origin);
      const { id, output } = await openai.responses.create({ input: 'Hello there', store: true });
      clock.advance(11_000);
      const kept = await openai.responses.retrieve(id);
      expect(kept).to.include({ status: 'completed' });
      expect(kept.output).to.deep.equal(output);
      const gone = await errorOf(openai.responses.retrieve(id, { stream: true }));
      expect(gone).to.include({ status: 410, code: 'resume_expired' });
    } finally {
      await server.close();
    }
  });
});

function asking(...pieces: readonly string[]): string {
  const [first = '', ...others] = pieces;
  const head = { index: 0, id: 'c1', type: 'function', function: { name: 'add', arguments: first } };
  const rest = others.map((piece) => call({ index: 0, function: { arguments: piece } }));
  return [role, call(head), ...rest, finish('tool_calls'), done].join('');
}

function streamed(...steps: readonly (string | UpstreamStep)[]): UpstreamAnswer {
  return {
    headers: { 'Content-Type': 'text/event-stream' },
    steps: steps.map((step) => (typeof step === 'string' ? { type: 'write', bytes: step } : step)),
  };
}

async function allOf<One>(source: AsyncIterable<One>): Promise<One[]> {
  const all: One[] = [];
  for await (const one of source) all.push(one);
  return all;
}
