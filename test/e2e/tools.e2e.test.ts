import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { samplesOf } from '../support/metric-samples.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const AGENTS = { default: { model: 'mock:fake-llm', tools: ['read_file', 'write_file'], max_steps: 3 }, other: {} };
const TOOLS = {
  tools: {
    read_file: { description: 'Reads', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
    write_file: { description: 'Writes', approval: 'always' },
  },
};
const READ = '/call read_file {"path":"a"}';
const WRITE = '/call write_file {"path":"b"}';

interface Call {
  readonly call_id: string;
  readonly tool_name: string;
  readonly arguments: unknown;
  readonly state: string;
  readonly run_id: string;
  readonly expires_at: string;
}

function callsIn(text: string): readonly Call[] {
  return JSON.parse(text).open_calls;
}

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`tools that clients run (${store})`, () => {
    let server: RuntimeServer;
    let settings: Record<string, string>;

    beforeEach(async () => {
      settings = { ...(await newStore()), AGENTS_FILE: agentsFile(AGENTS, TOOLS), MAX_QUEUED: '4' };
      server = await RuntimeServer.start({ settings });
    });
    afterEach(() => server.close());

    const calls = async () => callsIn((await server.get('/agent/sessions/demo/calls')).text);
    const session = async () => (await server.get('/agent/sessions/demo')).json;
    const whole = (fields: Record<string, unknown>, headers: Record<string, string> = {}) =>
      server.post('/agent/message', { session_id: 'demo', ...fields }, headers);
    const result = (call_id: string | undefined, said: unknown) => ({ type: 'tool_result', call_id, result: said });

    /** What the model asks for, by name. */
    async function ask(...lines: readonly string[]): Promise<Record<string, Call>> {
      const stream = await (await server.send({ content: lines.join('\n') })).ended();
      expect(stream.finishReason, stream.raw).to.equal('tool_calls');
      return Object.fromEntries((await calls()).map((call) => [call.tool_name, call]));
    }

    async function told(): Promise<string[]> {
      const { text } = await server.get('/agent/sessions/demo/messages');
      return JSON.parse(text).messages.map(
        ({ role, content, status }: Record<string, string>) => `${role} ${content?.trim()} ${status}`,
      );
    }

    it('streams each call whole, and ends with the calls open', async () => {
      const stream = await (await server.send({ content: `${READ}\nLook\n${WRITE}` })).ended();
      const [first, second] = stream.payloads.filter(({ type }) => type === 'tool_call');
      const { call_id, ...call } = first ?? {};
      expect(call).to.deep.equal({
        type: 'tool_call',
        tool_name: 'read_file',
        arguments: { path: 'a' },
        requires_approval: false,
        is_final: false,
      });
      expect(second).to.include({ tool_name: 'write_file', requires_approval: true });
      expect(stream.payloads.at(-1)).to.deep.equal({
        token: '',
        is_final: true,
        type: 'assistant_message',
        finish_reason: 'tool_calls',
      });
      expect(stream.frames.at(-1)?.data).to.equal('[DONE]');
      const [open, waiting] = await calls();
      expect(open).to.deep.include({ call_id, state: 'open', run_id: stream.runId, arguments: { path: 'a' } });
      expect(waiting).to.include({ state: 'awaiting_approval' });
      expect(Date.parse(waiting?.expires_at ?? '') - Date.now()).to.be.within(80_000_000, 86_400_000);
      expect(await session()).to.deep.include({ status: 'waiting', active_run_id: null, open_calls: await calls() });
      const { json } = await server.get(`/agent/runs/${stream.runId}`);
      expect(json).to.deep.include({ status: 'completed', finish_reason: 'tool_calls', open_calls: await calls() });
    });

    it('counts what became of calls, by tool, and how long they waited', async () => {
      const count = async () => samplesOf((await server.get('/metrics')).text);
      const { read_file, write_file } = await ask(READ, WRITE);
      await whole(result(read_file?.call_id, 'A'));
      await whole({ type: 'hitl_decision', call_id: write_file?.call_id, decision: 'reject' });
      await whole(result(read_file?.call_id, 'A'));
      await ask(READ);
      await server.post('/agent/sessions/demo/cancel', {});
      const metrics = await count();
      const settled = (tool: string, status: string) =>
        metrics.get(`agent_runtime_tool_calls_total{tool="${tool}",status="${status}"}`);
      expect(settled('read_file', 'ok')).to.equal(1);
      expect(settled('write_file', 'rejected')).to.equal(1);
      expect(settled('read_file', 'skipped')).to.equal(1);
      expect(metrics.get('agent_runtime_tool_call_wait_seconds_count{status="ok"}')).to.equal(1);
      expect(metrics.get('agent_runtime_tool_call_wait_seconds_count{status="rejected"}')).to.equal(1);
    });

    it('goes on with the last result, as a stream that can be resumed, and the model has all of them', async () => {
      const { read_file, write_file } = await ask(READ, WRITE);
      const approved = await (
        await server.send({ type: 'hitl_decision', call_id: write_file?.call_id, decision: 'approve' })
      ).ended();
      expect(approved.payloads.map(({ type, requires_approval }) => [type, requires_approval])).to.deep.equal([
        ['tool_call', false],
        ['assistant_message', undefined],
      ]);
      expect(approved.raw).not.to.match(/^id:/m);
      const { json } = await whole(result(write_file?.call_id, 'written'));
      expect(json).to.deep.equal({ session_id: 'demo', status: 'waiting', open_calls: await calls() });
      const stream = await (await server.send(result(read_file?.call_id, { text: 'x' }))).ended();
      expect(stream.text.trim()).to.equal('{"text":"x"} written');
      expect(stream.finishReason).to.equal('stop');
      const resumed = await (
        await server.follow(`/agent/runs/${stream.runId}/stream`, { 'Last-Event-ID': `${stream.runId}-1` })
      ).ended();
      expect(resumed.text.trim()).to.equal('written');
      expect(await told()).to.deep.equal([
        `user ${READ}\n${WRITE} complete`,
        'assistant  complete',
        'tool {"text":"x"} ok',
        'tool written ok',
        'assistant {"text":"x"} written complete',
      ]);
      expect(await session()).to.include({ status: 'idle', message_count: 5 });
    });

    it('takes a whole answer, several results at once, and both forms of a body', async () => {
      const asked = await whole({ type: 'user_message', content: `${READ}\n${READ}` });
      expect(asked.json).to.deep.include({ finish_reason: 'tool_calls', open_calls: await calls() });
      expect(asked.json).to.have.nested.property('message.tool_calls').that.has.length(2);
      const [first, second] = await calls();
      expect(first?.call_id).not.to.equal(second?.call_id);
      const results = [
        { call_id: second?.call_id, result: 'two', error: null },
        { call_id: first?.call_id, error: 'no such file', result: null },
      ];
      const { json } = await server.post('/agent/message', {
        session_id: 'demo',
        message: { type: 'tool_result', role: 'tool', results },
      });
      expect(json).to.have.nested.property('message.content', 'no such file two ');
      expect((await told()).slice(2, 4)).to.deep.equal(['tool no such file error', 'tool two ok']);
    });

    if (store !== 'memory')
      it('waits on through a restart', async () => {
        const { read_file } = await ask(READ);
        const before = await calls();
        await server.close();
        server = await RuntimeServer.start({ settings });
        // The first round of the patrol has looked at what is due when another session has been answered.
        await (await server.send({ session_id: 'other', content: 'Hello' })).ended();
        expect(await calls()).to.deep.equal(before);
        const { json } = await whole(result(read_file?.call_id, 'found'));
        expect(json).to.have.nested.property('message.content', 'found ');
      });

    it('answers the same again as the first time, and refuses anything else', async () => {
      const { read_file, write_file } = await ask(READ, WRITE);
      const [read, write] = [read_file?.call_id, write_file?.call_id];
      expectProblem(
        await whole({ type: 'hitl_decision', call_id: read, decision: 'approve' }),
        409,
        'call_not_awaiting_approval',
      );
      expectProblem(await whole(result('none', 1)), 404, 'call_not_found');
      expectProblem(
        await server.post('/agent/message', { session_id: 'none', ...result(read, 1) }),
        404,
        'session_not_found',
      );
      const refuse = { type: 'hitl_decision', call_id: write, decision: 'reject', feedback: 'not now' };
      await whole(refuse);
      const again = await whole(refuse);
      expect(again.headers['idempotency-replayed']).to.equal('true');
      expectProblem(await whole({ ...refuse, decision: 'approve' }), 409, 'call_settled');
      const done = await whole(result(read, 'x'));
      expect(done.headers).not.to.have.property('idempotency-replayed');
      const replayed = await whole(result(read, 'x'));
      expect(replayed.json).to.deep.equal(done.json);
      expect(replayed.headers['idempotency-replayed']).to.equal('true');
      const other = await whole(result(read, 'y'));
      expectProblem(other, 409, 'call_settled');
      expect(other.headers).not.to.have.property('retry-after');
      expect((await told()).filter((line) => line.startsWith('tool'))).to.deep.equal([
        'tool x ok',
        'tool The user refused this call: not now rejected',
      ]);
    });

    it('counts an edit, in the history and for the model', async () => {
      const { write_file } = await ask(WRITE);
      const edit = { type: 'hitl_decision', call_id: write_file?.call_id, decision: 'edit' };
      expect(problemPaths(await whole(edit))).to.deep.equal(['modified_arguments']);
      const stream = await (await server.send({ ...edit, modified_arguments: { path: 'c' } })).ended();
      expect(stream.payloads[0]).to.deep.include({ arguments: { path: 'c' }, requires_approval: false });
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages[1].tool_calls[0].arguments.path', 'c');
    });

    it('names the field that is wrong', async () => {
      await ask(READ);
      for (const [fields, path] of [
        [{ type: 'tool_result', result: 1 }, 'call_id'],
        [{ type: 'tool_result', call_id: 'a' }, 'result'],
        [{ type: 'tool_result', call_id: 'a', result: 1, error: 'b' }, 'result'],
        [{ type: 'tool_result', results: [{ call_id: 'a' }] }, 'results.0.result'],
        [{ type: 'tool_result', results: [] }, 'results'],
        [{ type: 'hitl_decision', call_id: 'a', decision: 'maybe' }, 'decision'],
        [{ type: 'hitl_decision', decision: 'approve' }, 'call_id'],
        [{ type: 'something' }, 'type'],
      ] as const)
        expect(problemPaths(await whole(fields)), JSON.stringify(fields)).to.include(path);
    });

    it('settles at once what nobody can make, and the model learns why', async () => {
      const stream = await (await server.send({ content: '/call reed_file {}\n/call read_file [1]' })).ended();
      const answers = stream.payloads.filter(({ type }) => type === 'tool_result');
      expect(answers.map(({ status }) => status)).to.deep.equal(['error', 'error']);
      expect(stream.text).to.contain('read_file').and.to.contain('one JSON object');
      expect(stream.finishReason).to.equal('stop');
      expect(await session()).to.include({ status: 'idle', message_count: 5 });
    });

    it('ends a turn that asks again and again', async () => {
      const words = ['/call nope {}', '/call nope {}'].join('\n');
      await server.close();
      settings = {
        ...(await newStore()),
        AGENTS_FILE: agentsFile({ default: { ...AGENTS.default, max_steps: 1 } }, TOOLS),
      };
      server = await RuntimeServer.start({ settings });
      const stream = await (await server.send({ content: words })).ended();
      expect(stream.payloads.at(-2)).to.include({ type: 'error', code: 'step_limit' });
      expect(stream.finishReason).to.equal('length');
      expect((await told()).slice(2)).to.deep.equal([
        'tool This call was skipped. skipped',
        'tool This call was skipped. skipped',
      ]);
    });

    it('holds other messages back as they wish, and a session can be cancelled', async () => {
      await ask(READ);
      const busy = await whole({ type: 'user_message', content: 'Hello' });
      expectProblem(busy, 409, 'session_busy');
      expect(busy.json.open_calls).to.deep.equal(await calls());
      const queued = await server.send({ content: 'Later', on_busy: 'queue' });
      const cancelled = await server.post('/agent/sessions/demo/cancel', {});
      expect(cancelled.status).to.equal(202);
      await queued.ended();
      expect(queued.text.trim()).to.equal('Later');
      expect((await server.post('/agent/sessions/demo/cancel', {})).status).to.equal(200);
      expectProblem(await server.post('/agent/sessions/none/cancel', {}), 404, 'session_not_found');
      await ask(READ);
      const now = await (await server.send({ content: 'Now', on_busy: 'interrupt' })).ended();
      expect(now.text.trim()).to.equal('Now');
      expect((await told()).filter((line) => line.includes('skipped'))).to.have.length(2);
    });

    it('refuses tools that do not fit the agent, also where the session has it, and stores nothing', async () => {
      const tool = (name: string) => ({ type: 'function', function: { name } });
      const text = { type: 'user_message', content: 'Hello' };
      const other = await whole({ ...text, content: 'Hi', agent: 'other' });
      expect(other.status).to.equal(200);
      const named = { tools: [tool('mine'), tool('read_file')] };
      const wrong = { tool_choice: tool('reed_file') };
      for (const [fields, path] of [
        [{ agent: 'default', ...named }, 'tools.1.function.name'],
        [{ agent: 'default', ...wrong }, 'tool_choice.function.name'],
        [{ session_id: 'fresh', ...named }, 'tools.1.function.name'],
        [{ session_id: 'fresh', ...wrong }, 'tool_choice.function.name'],
        [{ tool_choice: tool('read_file') }, 'tool_choice.function.name'],
      ] as const) {
        expect(problemPaths(await whole({ ...text, ...fields })), JSON.stringify(fields)).to.deep.equal([path]);
        const { session_id = 'demo', ...message } = { session_id: undefined, ...text, ...fields };
        const nested = await server.post('/agent/message/stream', { session_id, message });
        expect(problemPaths(nested)).to.deep.equal([`message.${path}`]);
      }
      expectProblem(await server.get('/agent/sessions/fresh'), 404, 'session_not_found');
      expect(await session()).to.include({ message_count: 2 });
      for (const fields of [named, { ...named, tool_choice: tool('mine') }, { tools: [], tool_choice: 'none' }])
        expect((await whole({ ...text, ...fields })).status).to.equal(200);
      const asked = await whole({ ...text, content: READ, agent: 'default', tool_choice: tool('read_file') });
      expect(asked.json).to.include({ finish_reason: 'tool_calls' });
      const [call] = await calls();
      const late = await whole({ ...result(call?.call_id, 'x'), ...named });
      expect(problemPaths(late)).to.deep.equal(['tools.1.function.name']);
      expect(await calls()).to.have.length(1);
      expect((await whole(result(call?.call_id, 'x'))).status).to.equal(200);
    });

    it('offers what a message brings, for its whole turn', async () => {
      const tools = [
        { type: 'function', function: { name: 'mine', parameters: { type: 'object' } }, approval: 'always' },
      ];
      const stream = await (await server.send({ content: '/call mine {"a":1}', tools })).ended();
      expect(stream.payloads.find(({ type }) => type === 'tool_call')).to.include({ requires_approval: true });
      const [call] = await calls();
      const { json } = await whole(result(call?.call_id, 'asked its user itself'));
      expect(json).to.have.nested.property('message.content', 'asked its user itself ');
    });
  });
}
