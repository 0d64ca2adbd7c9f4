import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { expectProblem } from '../support/expect-problem.js';
import { freePort } from '../support/free-port.js';
import { McpTestServer, type RunTool, saying } from '../support/mcp-test-server.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { samplesOf } from '../support/metric-samples.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { until } from '../support/until.js';

const AGENTS = { default: { model: 'mock:fake-llm', tools: ['mine', 'files/*'] } };
const NOTHING = { model: 'mock:fake-llm', tools: [] };
const MINE = { tools: { mine: { description: 'Of the client' } } };

/** What each of them does. */
function tools(): Record<string, RunTool> {
  return {
    list: async ({ path }) => saying(`list of ${path}`, 'and more'),
    'delete.all': async ({ path }) => saying(`deleted ${path}`),
    fail: async () => ({ ...saying('no such file'), isError: true }),
    picture: async () => ({ content: [{ type: 'image', data: 'AA==', mimeType: 'image/png' }] }),
    large: async () => saying('é'.repeat(200_000)),
    stuck: () => new Promise(() => {}),
  };
}

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`tools of servers (${store})`, () => {
    let mcp: McpTestServer;
    let server: RuntimeServer;
    let log: MemoryLogger;

    beforeEach(async () => {
      mcp = await McpTestServer.start(tools());
      await start();
    });
    afterEach(async () => {
      await server.close();
      await mcp.close();
    });

    async function start(timeouts: object = {}, url = mcp.url, agents: object = AGENTS): Promise<void> {
      const approval = { 'delete.all': 'never', '*': 'never', 'delete*': 'always' };
      const files = { url, headers: { 'X-Token': 'secret' }, approval };
      const file = agentsFile(agents, { ...MINE, mcp_servers: { files }, call_timeouts: timeouts });
      log = new MemoryLogger();
      server = await RuntimeServer.start({ log, settings: { ...(await newStore()), AGENTS_FILE: file } });
    }

    async function restart(...settings: Parameters<typeof start>): Promise<void> {
      await server.close();
      await start(...settings);
    }

    const ask = async (...lines: readonly string[]) => (await server.send({ content: lines.join('\n') })).ended();
    const whole = (fields: Record<string, unknown>) => server.post('/agent/message', { session_id: 'demo', ...fields });
    const decide = (call_id: unknown, decision: string, more = {}) => ({
      type: 'hitl_decision',
      call_id,
      decision,
      ...more,
    });

    async function openCalls(): Promise<Record<string, unknown>[]> {
      return JSON.parse((await server.get('/agent/sessions/demo/calls')).text).open_calls;
    }

    async function history(): Promise<string[]> {
      const { text } = await server.get('/agent/sessions/demo/messages');
      const { messages } = JSON.parse(text);
      return messages.map(
        ({ role, content, status }: Record<string, string>) => `${role} ${content?.trim().slice(0, 40)} ${status}`,
      );
    }

    async function offered(): Promise<string[]> {
      const [agent] = JSON.parse((await server.get('/agent/agents')).text);
      return agent.tools;
    }

    it('are listed, called in the run, and the model has what came of it, all in one stream', async () => {
      expect(await offered()).to.deep.equal(['mine', ...Object.keys(tools()).map((name) => `files/${name}`)]);
      const stream = await ask('/call files/list {"path":"a"}');
      const events = stream.payloads.filter(({ type }) => String(type).startsWith('tool'));
      const [call_id] = events.map((event) => event.call_id);
      expect(events).to.deep.equal([
        {
          type: 'tool_call',
          call_id,
          tool_name: 'files/list',
          arguments: { path: 'a' },
          requires_approval: false,
          is_final: false,
        },
        {
          type: 'tool_result',
          call_id,
          tool_name: 'files/list',
          status: 'ok',
          content: 'list of a\nand more',
          is_final: false,
        },
      ]);
      expect(stream.text.trim()).to.equal('list of a and more');
      expect(stream.finishReason).to.equal('stop');
      expect(mcp.headers[0]).to.include({ 'x-token': 'secret' });
      expect((await history()).slice(1)).to.deep.equal([
        'assistant  complete',
        'tool list of a\nand more ok',
        'assistant list of a and more complete',
      ]);
    });

    it('run side by side, and one that fails is an error for the model', async () => {
      const both = Promise.withResolvers<void>();
      const meet: RunTool = async ({ path }) => {
        if (mcp.calls.length === 2) both.resolve();
        await both.promise;
        return saying(`met ${path}`);
      };
      await mcp.changeTools({ ...tools(), list: meet });
      const stream = await ask('/call files/list {"path":"a"}', '/call files/list {"path":"b"}');
      expect(stream.text).to.contain('met a').and.to.contain('met b');
      expect((await ask('/call files/fail {}')).text.trim()).to.equal('no such file');
      expect(await history()).to.include('tool no such file error');
    });

    it('are told in words, cut where they are too long', async () => {
      expect((await ask('/call files/picture {}')).text.trim()).to.equal('[image left out: image/png]');
      const { payloads } = await ask('/call files/large {}');
      const result = payloads.find(({ type }) => type === 'tool_result');
      const content = String(result?.content);
      expect(Buffer.byteLength(content)).to.be.within(256 * 1024 - 2, 256 * 1024);
      expect(content).to.match(/é\n\[cut: the whole result has 400000 bytes\]$/);
    });

    it('are given up on in time, and the run goes on', async () => {
      await restart({ server_s: 1 });
      const stream = await ask('/call files/stuck {}', '/call files/list {"path":"a"}');
      expect(stream.text.trim()).to.equal('The server has not answered within 1 s. list of a and more');
      expect(stream.finishReason).to.equal('stop');
    });

    it('hear that their run is cancelled', async () => {
      const [called, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const stuck: RunTool = (_, signal) => {
        signal.addEventListener('abort', () => aborted.resolve());
        called.resolve();
        return new Promise(() => {});
      };
      await mcp.changeTools({ ...tools(), stuck });
      const stream = await server.send({ content: '/call files/stuck {}\n/call mine {}' });
      await called.promise;
      expect((await server.post('/agent/sessions/demo/cancel', {})).status).to.equal(202);
      await stream.ended();
      await aborted.promise;
      expect(stream.finishReason).to.equal('cancelled');
      const told = stream.payloads.filter(({ type }) => type === 'tool_result');
      expect(told.map(({ tool_name, status, content }) => [tool_name, status, content])).to.deep.equal([
        ['files/stuck', 'skipped', 'This call was skipped.'],
      ]);
      expect(await openCalls()).to.deep.equal([]);
      expect((await history()).slice(1)).to.deep.equal(['assistant  complete', 'tool This call was skipped. skipped']);
      expect((await ask('Hello')).text.trim()).to.equal('Hello');
    });

    it('run at once where the client is asked, too, and the run ends with its calls open', async () => {
      const stream = await ask('/call mine {}', '/call files/list {"path":"a"}');
      expect(stream.finishReason).to.equal('tool_calls');
      expect(stream.payloads.filter(({ type }) => type === 'tool_result')).to.have.length(1);
      const [call, ...none] = await openCalls();
      expect(none).to.deep.equal([]);
      const { json } = await whole({ type: 'tool_result', call_id: call?.call_id, result: 'x' });
      expect(json).to.have.nested.property('message.content', 'x list of a and more ');
    });

    it('wait for a person where they must, and run in the run that follows', async () => {
      const stream = await ask('/call files/delete.all {"path":"a"}');
      expect(stream.finishReason).to.equal('tool_calls');
      const [call] = await openCalls();
      expect(call).to.include({ tool_name: 'files/delete.all', state: 'awaiting_approval' });
      expectProblem(await whole({ type: 'tool_result', call_id: call?.call_id, result: 1 }), 409, 'call_not_yours');
      expect(mcp.calls).to.deep.equal([]);
      const edit = decide(call?.call_id, 'edit', { modified_arguments: { path: 'b' } });
      const next = await (await server.send(edit)).ended();
      expect(next.payloads.slice(0, 2).map(({ type, status }) => [type, status])).to.deep.equal([
        ['tool_call', undefined],
        ['tool_result', 'ok'],
      ]);
      expect(next.text.trim()).to.equal('deleted b');
      expect(mcp.calls).to.deep.equal(['delete.all {"path":"b"}']);
      expect((await history()).slice(1)).to.deep.equal([
        'assistant  complete',
        'tool deleted b ok',
        'assistant deleted b complete',
      ]);
      expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 4, status: 'idle' });
      const again = await whole(edit);
      expect(again.headers['idempotency-replayed']).to.equal('true');
      expect(again.json).to.have.nested.property('message.content', 'deleted b ');
      expectProblem(await whole(decide(call?.call_id, 'approve')), 409, 'call_settled');
      expect(mcp.calls).to.have.length(1);
    });

    it('wait for the other calls when they are approved, and are never made when they are refused', async () => {
      await ask('/call files/delete.all {"path":"a"}', '/call mine {}', '/call files/delete.all {"path":"b"}');
      const [first, mine, second] = await openCalls();
      const approved = await whole(decide(first?.call_id, 'approve'));
      expect(approved.json).to.deep.equal({ session_id: 'demo', status: 'waiting', open_calls: [mine, second] });
      expect((await whole(decide(first?.call_id, 'approve'))).headers['idempotency-replayed']).to.equal('true');
      expectProblem(await whole(decide(first?.call_id, 'reject')), 409, 'call_settled');
      await whole(decide(second?.call_id, 'reject', { feedback: 'no' }));
      expect(mcp.calls).to.deep.equal([]);
      const last = await whole({ type: 'tool_result', call_id: mine?.call_id, result: 'x' });
      const refused = 'The user refused this call: no';
      expect(last.json).to.have.nested.property('message.content', `deleted a x ${refused} `);
      expect(mcp.calls).to.deep.equal(['delete.all {"path":"a"}']);
      expect((await history()).slice(2, 5)).to.deep.equal([
        'tool deleted a ok',
        'tool x ok',
        `tool ${refused} rejected`,
      ]);
    });

    it('are skipped with the run that was to make them after a person had agreed', async () => {
      const called = Promise.withResolvers<void>();
      const stuck: RunTool = () => {
        called.resolve();
        return new Promise(() => {});
      };
      await mcp.changeTools({ ...tools(), 'delete.all': stuck });
      await ask('/call files/delete.all {}', '/call files/delete.all {}');
      const [first, second] = await openCalls();
      await whole(decide(first?.call_id, 'approve'));
      const stream = await server.send(decide(second?.call_id, 'approve'));
      await called.promise;
      await server.post('/agent/sessions/demo/cancel', {});
      await stream.ended();
      const told = stream.payloads.filter(({ type }) => type === 'tool_result');
      expect(told.map(({ call_id, status }) => [call_id, status])).to.deep.equal([
        [first?.call_id, 'skipped'],
        [second?.call_id, 'skipped'],
      ]);
      expect((await history()).slice(2)).to.deep.equal([
        'tool This call was skipped. skipped',
        'tool This call was skipped. skipped',
      ]);
      expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 4, status: 'idle' });
      expect((await ask('Hello')).text.trim()).to.equal('Hello');
    });

    it('are counted, and timed by their server', async () => {
      await ask('/call files/list {"path":"a"}', '/call files/fail {}');
      const settled = 'agent_runtime_tool_calls_total{tool="files/list",status="ok"}';
      let metrics = samplesOf((await server.get('/metrics')).text);
      // Readers see the end as soon as it is stored, and the process counts a moment later.
      while (!metrics.has(settled)) metrics = samplesOf((await server.get('/metrics')).text);
      expect(metrics.get(settled)).to.equal(1);
      expect(metrics.get('agent_runtime_tool_calls_total{tool="files/fail",status="error"}')).to.equal(1);
      for (const outcome of ['ok', 'error'])
        expect(metrics.get(`agent_runtime_served_call_seconds_count{server="files",outcome="${outcome}"}`)).to.equal(1);
    });

    it('are found again when the server says that they have changed, and when it has forgotten the session', async () => {
      await mcp.changeTools({ new: async () => saying('new one') });
      while (!(await offered()).includes('files/new'));
      expect(await offered()).to.deep.equal(['mine', 'files/new']);
      mcp.forgetSessions();
      expect((await ask('/call files/new {}')).text.trim()).to.equal('new one');
      expect(mcp.calls).to.have.length(1);
    });

    it('are left out while their server is away, which stops nothing, and come back with it', async () => {
      const port = await freePort();
      await restart({}, `http://127.0.0.1:${port}/mcp`);
      expect((await server.get('/health/ready')).status).to.equal(200);
      expect(await offered()).to.deep.equal(['mine']);
      expect((await ask('Hello')).text.trim()).to.equal('Hello');
      expect((await server.get('/metrics')).text).to.contain('agent_runtime_tool_servers_away_total{server="files"} 1');
      expect(log.lines.filter(({ message }) => message.includes('server of tools'))).to.have.length(1);
      const late = await McpTestServer.start(tools(), port);
      await until(() => log.lines.some(({ message }) => message === 'a server of tools is back'));
      expect((await ask('/call files/list {"path":"a"}')).text.trim()).to.equal('list of a and more');
      await late.close();
    });

    it('are nobody else’s: an agent has those that it names', async () => {
      await restart({}, mcp.url, { default: { ...NOTHING, tools: ['files/l*', 'files/p*'] } });
      expect(await offered()).to.deep.equal(['files/list', 'files/picture', 'files/large']);
      const stream = await ask('/call files/fail {}');
      expect(stream.payloads.find(({ type }) => type === 'tool_result')).to.include({ status: 'error' });
      expect(mcp.calls).to.deep.equal([]);
    });
  });
}
