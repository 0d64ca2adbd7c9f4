import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { completionStream } from '../support/completion-stream.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { SseClient } from '../support/sse-client.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';
import { within } from '../support/within.js';

const { role, text, reasoning, call, finish, usage, done } = completionStream;
const THOUGHT = streamed(
  role + reasoning('hm, ') + reasoning('\u2028so') + text('Hel') + text('lo') + finish('stop') + usage(11, 7) + done,
);
const FRAMES = [
  '{"type":"reasoning","token":"hm, ","is_final":false}',
  '{"type":"reasoning","token":"\\u2028so","is_final":false}',
  '{"token":"Hel","is_final":false,"type":"assistant_message"}',
  '{"token":"lo","is_final":false,"type":"assistant_message"}',
  '{"type":"usage","prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"is_final":false}',
  '{"token":"","is_final":true,"type":"assistant_message"}',
];

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`what a stream includes (${store})`, () => {
    let upstream: ScriptedUpstream;
    let server: RuntimeServer;

    beforeEach(async () => {
      upstream = new ScriptedUpstream();
      await upstream.start();
      upstream.answer = () => THOUGHT;
      const settings = {
        ...(await newStore()),
        AGENTS_FILE: agentsFile({ coder: {}, writer: {} }),
        LLM_MODE: 'vllm',
        VLLM_BASE_URL: `${upstream.url}/v1`,
        UPSTREAM_RETRIES: '0',
      };
      server = await RuntimeServer.start({ settings });
    });
    afterEach(async () => {
      await server.close();
      await upstream.close();
    });

    const framesOf = (stream: SseClient) => stream.frames.filter(({ id }) => id !== undefined).map(({ data }) => data);
    const numbersOf = (stream: SseClient) =>
      stream.frames.flatMap(({ id }) => (id === undefined ? [] : [Number(id.split('-')[1])]));
    const send = async (fields: Record<string, unknown>) => (await server.send(fields)).ended();

    it('is reasoning and usage where they are asked for, numbered without a gap, live and from any place again', async () => {
      const stream = await send({ include: ['usage', 'reasoning'] });
      expect(framesOf(stream)).to.deep.equal(FRAMES);
      expect(numbersOf(stream)).to.deep.equal([1, 2, 3, 4, 5, 6]);
      for (let seen = 0; seen < 6; seen += 1) {
        const headers = { 'Last-Event-ID': `${stream.runId}-${seen}` };
        const rest = await (await server.follow(`/agent/runs/${stream.runId}/stream`, headers)).ended();
        expect(framesOf(rest)).to.deep.equal(FRAMES.slice(seen));
      }
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages[1].content', 'Hello');
    });

    it('is each for itself, and nothing where nobody asks', async () => {
      for (const [include, frames] of [
        [undefined, [2, 3, 5]],
        [[], [2, 3, 5]],
        [['tool_arguments'], [2, 3, 5]],
        [['usage'], [2, 3, 4, 5]],
        [['reasoning'], [0, 1, 2, 3, 5]],
      ] as const) {
        const stream = await send({ session_id: `s${include}`, include });
        expect(framesOf(stream)).to.deep.equal(frames.map((index) => FRAMES[index]));
        expect(numbersOf(stream)).to.deep.equal(frames.map((_, index) => index + 1));
      }
    });

    it('is the arguments of calls as they are written, under the ids of the calls, and from any place again', async () => {
      const piece = (index: number, args: string, head: object = {}) =>
        call({ index, ...head, function: { ...('id' in head && { name: 'read' }), arguments: args } });
      upstream.answer = () =>
        streamed(
          role +
            piece(0, '', { id: 'c1' }) +
            piece(0, '{"pa') +
            piece(1, '{"b":', { id: 'c1' }) +
            piece(0, 'th":"a\u2028"}') +
            piece(1, '1}') +
            finish('tool_calls') +
            done,
        );
      const tools = [{ type: 'function', function: { name: 'read' } }];
      const stream = await send({ include: ['tool_arguments'], tools });
      const pieces = stream.payloads.filter(({ type }) => type === 'tool_call_arguments');
      const whole = stream.payloads.filter(({ type }) => type === 'tool_call');
      expect(framesOf(stream)[0]).to.equal(
        '{"type":"tool_call_arguments","call_id":"c1","tool_name":"read","arguments":"{\\"pa","is_final":false}',
      );
      expect(numbersOf(stream)).to.deep.equal(stream.payloads.map((_, index) => index + 1));
      expect(whole.map((one) => one.call_id)).to.have.length(2);
      for (const { call_id, arguments: given } of whole) {
        const own = pieces.filter((one) => one.call_id === call_id);
        expect(own.map((one) => one.arguments))
          .to.have.length(2)
          .and.not.include('');
        expect(JSON.parse(own.map((one) => one.arguments).join(''))).to.deep.equal(given);
      }
      for (let seen = 0; seen < stream.payloads.length; seen += 1) {
        const headers = { 'Last-Event-ID': `${stream.runId}-${seen}` };
        const rest = await (await server.follow(`/agent/runs/${stream.runId}/stream`, headers)).ended();
        expect(framesOf(rest)).to.deep.equal(framesOf(stream).slice(seen));
      }
      const silent = await send({ session_id: 'silent', tools });
      expect(silent.payloads.map(({ type }) => type)).to.deep.equal(['tool_call', 'tool_call', 'assistant_message']);
    });

    it('is no part of an answer that is whole', async () => {
      const message = { session_id: 'demo', type: 'user_message', content: 'Hi', include: ['usage', 'reasoning'] };
      for (const body of [message, { ...message, type: 'switch_agent', agent_type: 'coder' }]) {
        const { json } = await server.post('/agent/message', body);
        expect(json).to.deep.include({ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' });
        expect(json).to.deep.include({ usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } });
      }
    });

    it('is what the turn had that is asked again', async () => {
      const first = await send({ include: ['usage'] });
      const again = await send({ content: undefined, replaces: first.runId });
      expect(framesOf(again)).to.deep.equal(framesOf(first));
      expect(framesOf(await send({ content: 'more' }))).to.have.length(3);
    });

    it('is usage before the error of a run that failed, and none where the model counted nothing', async () => {
      upstream.answer = () => streamed(role + text('Hel') + usage(1, 2));
      const types = (stream: SseClient) => stream.payloads.map(({ type }) => type);
      expect(types(await send({ include: ['usage'] }))).to.deep.equal([
        'assistant_message',
        'usage',
        'error',
        'assistant_message',
      ]);
      upstream.answer = () => streamed(role + text('Hello') + finish('stop') + done);
      expect(types(await send({ include: ['usage'] }))).to.deep.equal(['assistant_message', 'assistant_message']);
    });

    it('is one usage for all that the model was asked in a run, summed up', async () => {
      const unreadable = call({ index: 0, id: 'c1', function: { name: 'read', arguments: '[1' } });
      upstream.answer = ({ body }) =>
        body.includes('c1')
          ? streamed(role + text('Hello') + finish('stop') + usage(20, 3) + done)
          : streamed(role + unreadable + finish('tool_calls') + usage(10, 5) + done);
      const tools = [{ type: 'function', function: { name: 'read' } }];
      const stream = await send({ include: ['usage'], tools });
      const summed = { prompt_tokens: 30, completion_tokens: 8, total_tokens: 38 };
      expect(stream.payloads.filter(({ type }) => type === 'usage')).to.deep.equal([
        { type: 'usage', ...summed, is_final: false },
      ]);
      const run = (await server.get(`/agent/runs/${stream.runId}`)).json;
      expect(run).to.deep.include({ usage: summed, attempts: 2 });
    });

    it('begins with the news that another agent answers', async () => {
      const reason = 'she knows "better"\u2028';
      const nested = { type: 'switch_agent', agent_type: 'coder', content: 'Hi', reason };
      const first = await send({ type: undefined, content: undefined, message: nested });
      expect(framesOf(first)[0]).to.equal(
        '{"type":"agent_switched","content":"Switched to coder","metadata":{"from_agent":"default","to_agent":"coder","reason":"she knows \\"better\\"\\u2028"},"is_final":false}',
      );
      expect(numbersOf(first)).to.deep.equal([1, 2, 3, 4]);
      const second = await send({ type: 'switch_agent', agent_type: 'writer', include: ['reasoning'] });
      expect(framesOf(second)[0]).to.equal(
        '{"type":"agent_switched","content":"Switched to writer","metadata":{"from_agent":"coder","to_agent":"writer"},"is_final":false}',
      );
      expect(framesOf(await send({ content: 'more' }))).to.have.length(3);
      const third = await send({ type: 'switch_agent', agent_type: 'coder' });
      expect(framesOf(third)[0]).to.include('"from_agent":"writer"');
      const again = await send({ content: undefined, replaces: third.runId });
      expect(framesOf(again)).to.have.length(3);
      expect(upstream.requests).to.have.length(5);
    });
  });
}

for (const [store, newStore] of Object.entries(SHARED_STORES)) {
  describe(`a message whose process died (${store})`, () => {
    it('is asked again by another one as it was asked: agent, model, options, include', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
      const upstream = new ScriptedUpstream();
      await upstream.start();
      upstream.answer = () => ({ before: [{ type: 'hang' }] });
      const AGENTS_FILE = agentsFile({ coder: { instructions: 'Write code.', options: { max_tokens: 9 } } });
      const shared = { ...(await newStore()), AGENTS_FILE, LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
      const killed = await ServiceProcess.start(folder, { ...shared, LEASE_TTL_S: '2' });
      const survivor = await ServiceProcess.start(folder, { ...shared, LEASE_TTL_S: '2' });
      try {
        const choice = {
          agent_type: 'coder',
          model: 'vllm:own',
          options: { seed: 1 },
          include: ['reasoning', 'usage'],
        };
        const body = JSON.stringify({ session_id: 'demo', type: 'switch_agent', content: 'Hi', ...choice });
        const headers = { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' };
        const path = '/agent/message/stream';
        const asked = upstream.nextRequest();
        const stream = await SseClient.open(killed.origin, { method: 'POST', path, headers, body });
        await stream.received(1);
        await asked;
        upstream.answer = () => THOUGHT;
        await killed.kill('SIGKILL');
        await stream.ended();
        const cursor = { ...headers, 'Last-Event-ID': String(stream.lastId) };
        const rest = await SseClient.open(survivor.origin, { method: 'POST', path, headers: cursor, body });
        await within(10_000, rest.ended());
        expect(rest.frames.map(({ data }) => data)).to.deep.equal([...FRAMES, '[DONE]']);
        expect(rest.frames[0]?.id).to.equal(`${stream.runId}-2`);
        const [first, second] = upstream.requests.map((request) => JSON.parse(request.body));
        expect(first).to.deep.include({ model: 'own', seed: 1, max_tokens: 9 });
        expect(second).to.deep.equal(first);
      } finally {
        await survivor.kill('SIGTERM');
        await upstream.close();
        await rm(folder, { recursive: true });
      }
    });
  });
}

describe('what a stream includes (mock)', () => {
  it('is what the mock thinks, which is no part of what it answers', async () => {
    const server = await RuntimeServer.start();
    try {
      const stream = await (await server.send({ content: '/think some words', include: ['reasoning'] })).ended();
      expect(stream.payloads.map(({ type, token }) => [type, token])).to.deep.equal([
        ['reasoning', 'some '],
        ['reasoning', 'words '],
        ['assistant_message', 'some '],
        ['assistant_message', 'words '],
        ['assistant_message', ''],
      ]);
    } finally {
      await server.close();
    }
  });
});

function streamed(bytes: string): UpstreamAnswer {
  return { headers: { 'Content-Type': 'text/event-stream' }, steps: [{ type: 'write', bytes }] };
}
