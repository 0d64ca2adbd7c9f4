import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { expectProblem } from '../support/expect-problem.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream, type UpstreamAnswer, type UpstreamRequest } from '../support/upstream-server.js';

const { role, text, call, finish, done } = completionStream;
const STREAM = '/agent/message/stream';
const TEN_WORDS = ' one two three four five six seven eight nine ten';

function bytes(body: string, status = 200, type = 'text/event-stream'): UpstreamAnswer {
  return { status, headers: { 'Content-Type': type }, steps: [{ type: 'write', bytes: body }] };
}

const WHOLE = bytes(role + text('Hello') + finish('stop') + done);
const TOO_LONG = bytes('{"error":{"code":"context_length_exceeded"}}', 400, 'application/json');

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`what a prompt has room for (${store})`, () => {
    let folder: string;
    let upstream: ScriptedUpstream;
    let server: RuntimeServer;
    let models: readonly object[];

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'context-'));
      upstream = new ScriptedUpstream();
      await upstream.start();
      models = [];
      answering(() => WHOLE);
    });
    afterEach(async () => {
      await server.close();
      await upstream.close();
      rmSync(folder, { recursive: true });
    });

    function answering(answer: (request: UpstreamRequest) => UpstreamAnswer): void {
      upstream.answer = (request) =>
        request.path.endsWith('/models')
          ? bytes(JSON.stringify({ data: models }), 200, 'application/json')
          : answer(request);
    }

    async function start(agent: object, others: object = {}): Promise<void> {
      const path = join(folder, 'agents.json');
      const full = { model: 'vllm:small', instructions: 'Be brief.', ...agent };
      writeFileSync(path, JSON.stringify({ agents: { default: full, ...others } }));
      const own = {
        LLM_MODE: 'vllm',
        VLLM_BASE_URL: `${upstream.url}/v1`,
        LLM_PROXY_URL: upstream.url,
        AGENTS_FILE: path,
      };
      server = await RuntimeServer.start({ settings: { ...(await newStore()), ...own } });
    }

    const asked = (): string[] =>
      JSON.parse(upstream.requests.findLast(({ body }) => body !== '')?.body ?? '{}').messages.map(
        ({ content }: { content: string }) => content,
      );

    async function runOf(content: string, fields: Record<string, unknown> = {}) {
      const stream = await server.send({ content, ...fields });
      const { runId } = await stream.ended();
      const { json } = await server.get(`/agent/runs/${runId}`);
      const context: { messages: number; left_out: number; tokens: number | null } = JSON.parse(
        JSON.stringify(json.context),
      );
      return { ...json, context };
    }

    it('is filled with the instructions and the latest whole turns, and the run says what was left out', async () => {
      await start({ context: { max_tokens: 70 } });
      for (const name of ['a', 'b', 'c', 'd']) await runOf(name + TEN_WORDS);
      const run = await runOf(`last${TEN_WORDS}`);
      const said = ['a', 'b', 'c', 'd'].flatMap((name) => [name + TEN_WORDS, 'Hello']);
      const fitting = [...said, `last${TEN_WORDS}`].slice(-run.context.messages);
      expect(asked()).to.deep.equal(['Be brief.', ...fitting]);
      expect(run.context.messages).to.equal(5);
      expect(run.context.left_out).to.equal(9 - run.context.messages);
      expect(run.context.tokens).to.be.within(50, 70);
    });

    it('has a turn with all of its calls and results, or nothing of it', async () => {
      await start({ context: { max_tokens: 70 } });
      const asking = call({ index: 0, id: 'c1', function: { name: 'read', arguments: '{"path":"a"}' } });
      answering(({ body }) =>
        body.includes('fetch') && !body.includes('c1') ? bytes(role + asking + finish('tool_calls') + done) : WHOLE,
      );
      const tools = [{ type: 'function', function: { name: 'read' } }];
      await runOf(`fetch${TEN_WORDS}`, { tools });
      await runOf('', { type: 'tool_result', call_id: 'c1', result: TEN_WORDS, content: undefined });
      await runOf('b');
      expect(asked()).to.deep.equal(['Be brief.', `fetch${TEN_WORDS}`, null, TEN_WORDS, 'Hello', 'b']);
      const run = await runOf(`c${TEN_WORDS}`);
      expect(run).to.include({ status: 'completed' });
      expect(asked()).to.deep.equal(['Be brief.', 'b', 'Hello', `c${TEN_WORDS}`]);
      expect(run.context).to.include({ messages: 3, left_out: 4 });
    });

    it('has the turn that goes on whole, however much the results of its calls take', async () => {
      await start({ context: { max_tokens: 70 } });
      const asking =
        role + call({ index: 0, function: { name: 'read', arguments: '{}' } }) + finish('tool_calls') + done;
      const results = (body: string) => body.split('"tool_call_id"').length - 1;
      answering(({ body }) => (body.includes('fetch') && results(body) < 2 ? bytes(asking) : WHOLE));
      const result = TEN_WORDS.repeat(2000);
      const settle = async () => {
        const { text: calls } = await server.get('/agent/sessions/demo/calls');
        const [, call_id] = /"call_id":"([^"]+)"/.exec(calls) ?? [];
        return runOf('', { type: 'tool_result', call_id, result, content: undefined });
      };
      await runOf(`a${TEN_WORDS}`);
      await runOf('fetch', { tools: [{ type: 'function', function: { name: 'read' } }] });
      expect(await settle()).to.include({ finish_reason: 'tool_calls' });
      const run = await settle();
      expect(run).to.include({ finish_reason: 'stop', attempts: 1 });
      expect(asked()).to.deep.equal(['Be brief.', 'fetch', null, result, null, result]);
      expect(run.context).to.include({ messages: 5, left_out: 2 });
      expect(run.context.tokens).to.be.above(40_000);
      expect((await runOf('b')).context).to.include({ messages: 1, left_out: 8 });
    });

    it('refuses a message that does not fit even alone, with 413 before it is stored', async () => {
      await start({ context: { max_tokens: 40 } });
      await runOf('Hi');
      for (const path of [STREAM, '/agent/message'])
        expectProblem(await server.post(path, aMessage({ content: TEN_WORDS.repeat(5) })), 413, 'message_too_long');
      const { json } = await server.get('/agent/sessions/demo');
      expect(json).to.include({ message_count: 2, active_run_id: null });
    });

    it('refuses a message that is asked again of an agent with less room, and the session stays as it is', async () => {
      await start({}, { brief: { context: { max_tokens: 40 } } });
      await runOf(TEN_WORDS.repeat(5));
      const { text: history } = await server.get('/agent/sessions/demo/messages');
      const [, replaces] = /"run_id":"([^"]+)"/.exec(history) ?? [];
      const again = { session_id: 'demo', type: 'user_message', replaces };
      expectProblem(await server.post(STREAM, { ...again, agent: 'brief' }), 413, 'message_too_long');
      expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 2, agent: 'default' });
      expect((await server.post('/agent/message', again)).json).to.include({ finish_reason: 'stop' });
    });

    it('is asked for once more with half of the turns, where the upstream says that it is too long', async () => {
      await start({});
      for (const name of ['a', 'b', 'c']) await runOf(name);
      answering(({ body }) => (body.includes('"b"') ? TOO_LONG : WHOLE));
      const run = await runOf('d');
      expect(run).to.include({ status: 'completed', attempts: 2 });
      expect(asked()).to.deep.equal(['Be brief.', 'c', 'Hello', 'd']);
      expect(run.context).to.deep.equal({ messages: 3, left_out: 4, tokens: null });
      answering(() => ({ status: 413 }));
      expect(await runOf('e')).to.include({ status: 'failed', attempts: 2 });
    });

    it('is what the upstream lists, less what the answer may take', async () => {
      models = [{ id: 'small', max_model_len: 150 }];
      await start({ options: { max_tokens: 50 } });
      for (let turn = 0; turn < 12; turn += 1) await runOf(`${turn}${TEN_WORDS}`);
      const { context } = await runOf(`last${TEN_WORDS}`);
      expect(context.tokens).to.be.within(70, 100);
      expect(context.messages + context.left_out).to.equal(25);
      expectProblem(await server.post(STREAM, aMessage({ content: TEN_WORDS.repeat(10) })), 413, 'message_too_long');
    });

    it('is that of the model which a message names, also where no agent asks its upstream', async () => {
      models = [
        { id: 'small', max_model_len: 4096 },
        { id: 'tiny', max_model_len: 40 },
      ];
      await start({});
      const content = TEN_WORDS.repeat(8);
      expectProblem(await server.post(STREAM, aMessage({ content, model: 'proxy:tiny' })), 413, 'message_too_long');
      expect((await runOf(content)).context).to.deep.equal({ messages: 1, left_out: 0, tokens: 91 });
    });

    it('has as little as the answer leaves, however short the prompt is', async () => {
      models = [{ id: 'small', max_model_len: 4096 }];
      await start({ options: { max_tokens: 4076 } });
      const tooLong = aMessage({ content: '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15' });
      expectProblem(await server.post(STREAM, tooLong), 413, 'message_too_long');
      await runOf('one two three');
      expect((await runOf('four five six')).context).to.deep.equal({ messages: 1, left_out: 2, tokens: 14 });
      expect(asked()).to.deep.equal(['Be brief.', 'four five six']);
    });

    it('holds all where nobody limits it, and counts none that was refused for what it says', async () => {
      await start({});
      answering(({ body }) => (body.includes('bad') ? bytes('{"error":{"code":"x"}}', 400) : WHOLE));
      await runOf('bad');
      await runOf('one');
      expect((await runOf('two')).context).to.deep.equal({ messages: 3, left_out: 0, tokens: null });
    });
  });
}
