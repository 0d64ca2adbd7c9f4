import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { CodelabGateway } from '../support/codelab-gateway.js';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const AGENTS = {
  default: { description: 'Answers', tools: ['read_file', 'write_file'] },
  coder: { tools: ['read_file', 'write_file'] },
};
const TOOLS = { tools: { read_file: {}, write_file: { approval: 'always' } } };
const ASK = '/call read_file {"path":"a"}\nLook\n/call write_file {"path":"b"}';

const STORES = { ...EMBEDDED_STORES, ...SHARED_STORES };

for (const [store, newStore] of Object.entries(STORES).filter(([name]) => name === 'memory' || name === 'Redis')) {
  describe(`Codelab's newest gateway (${store})`, () => {
    let server: RuntimeServer;

    beforeEach(async () => {
      server = await RuntimeServer.start({
        settings: { ...(await newStore()), AGENTS_FILE: agentsFile(AGENTS, TOOLS) },
      });
    });
    afterEach(() => server.close());

    const get = async (path: string) => JSON.parse((await server.get(path)).text);
    const textOf = (told: readonly Record<string, unknown>[]) => told.map(({ token }) => token ?? '').join('');
    const typesOf = (told: readonly Record<string, unknown>[]) => told.map(({ type }) => type);

    it('gets text and calls, and goes on after results and decisions', async () => {
      const { json, status } = await server.call({ method: 'POST', path: '/sessions' });
      expect(status).to.equal(201);
      const gateway = new CodelabGateway(server.origin, String(json.session_id));
      const plain = await gateway.forward({ type: 'user_message', role: 'user', content: 'Hello\u2028there' });
      expect(textOf(plain)).to.equal('Hello there ');
      const asked = await gateway.forward({
        type: 'user_message',
        role: 'user',
        content: `/call read_file {"path":"a"}`,
      });
      const [read] = asked.filter(({ type }) => type === 'tool_call');
      expect(read).to.include({ tool_name: 'read_file', requires_approval: false });
      const answer = await gateway.forward({
        type: 'tool_result',
        call_id: read?.call_id,
        result: 'it says x',
        error: null,
      });
      expect(textOf(answer)).to.equal('it says x ');
      const wished = await gateway.forward({
        type: 'user_message',
        role: 'user',
        content: '/call write_file {"path":"b"}',
      });
      const [write] = wished.filter(({ type }) => type === 'tool_call');
      expect(write).to.include({ tool_name: 'write_file', requires_approval: true });
      const edited = {
        type: 'hitl_decision',
        call_id: write?.call_id,
        decision: 'edit',
        modified_arguments: { path: 'c' },
      };
      const allowed = await gateway.forward({ ...edited, feedback: null });
      expect(allowed[0]).to.deep.include({ type: 'tool_call', arguments: { path: 'c' }, requires_approval: false });
      const done = await gateway.forward({ type: 'tool_result', call_id: write?.call_id, result: { ok: true } });
      expect(textOf(done)).to.equal('{"ok":true} ');
      const again = await gateway.forward({ type: 'user_message', role: 'user', content: '/call write_file {}' });
      const refused = again.find(({ type }) => type === 'tool_call')?.call_id;
      const no = {
        type: 'hitl_decision',
        call_id: refused,
        decision: 'reject',
        feedback: 'not now',
        modified_arguments: null,
      };
      expect(textOf(await gateway.forward(no))).to.include('not now');
    });

    it('switches agents, and learns which one a session has', async () => {
      const gateway = new CodelabGateway(server.origin, 'demo');
      await gateway.forward({ type: 'user_message', role: 'user', content: 'Hello', agent_type: null });
      expect(await get('/agents/demo/current')).to.deep.include({
        session_id: 'demo',
        current_agent: 'default',
        agent_type: 'default',
        description: 'Answers',
      });
      const told = await gateway.forward({
        type: 'switch_agent',
        agent_type: 'coder',
        content: 'Go on',
        reason: 'code',
      });
      expect(typesOf(told)[0]).to.equal('agent_switched');
      expect(await get('/agents/demo/current')).to.include({ current_agent: 'coder' });
      expectProblem(await server.get('/agents/none/current'), 404, 'session_not_found');
      const { agents, count } = await get('/agents');
      expect([count, agents]).to.deep.equal([
        2,
        (await get('/agent/agents')).map((agent: { name: string }) => ({ agent_type: agent.name, ...agent })),
      ]);
    });

    it('lists sessions, their history, and what waits for a person', async () => {
      const gateway = new CodelabGateway(server.origin, 'demo');
      const told = await gateway.forward({ type: 'user_message', role: 'user', content: ASK });
      const call_id = told.find(({ tool_name }) => tool_name === 'write_file')?.call_id;
      const { pending_approvals, ...rest } = await get('/sessions/demo/pending-approvals');
      expect(rest).to.deep.equal({ session_id: 'demo', count: 1 });
      const [{ reason, created_at, ...pending }] = pending_approvals;
      expect(pending).to.deep.equal({
        request_id: call_id,
        request_type: 'tool',
        subject: 'write_file',
        details: { arguments: { path: 'b' } },
        call_id,
        tool_name: 'write_file',
        arguments: { path: 'b' },
      });
      expect(reason).to.be.a('string').and.include('write_file');
      expect(Date.now() - Date.parse(created_at)).to.be.within(-1000, 60_000);
      await gateway.forward({ type: 'hitl_decision', call_id, decision: 'approve' });
      expect(await get('/sessions/demo/pending-approvals')).to.deep.equal({
        session_id: 'demo',
        pending_approvals: [],
        count: 0,
      });
      const { messages } = await get('/agent/sessions/demo/messages');
      expect(await get('/sessions/demo/history')).to.deep.equal({ messages, session_id: 'demo' });
      await new CodelabGateway(server.origin, 'other').forward({ type: 'user_message', role: 'user', content: 'Hi' });
      const page = await get('/sessions?limit=1');
      expect(page).to.deep.include({ count: 1 }).and.have.nested.property('sessions[0].session_id', 'other');
      const second = await get(`/sessions?cursor=${page.next_cursor}`);
      expect(second).to.deep.include({ next_cursor: null }).and.have.nested.property('sessions[0].status', 'waiting');
      for (const path of ['history', 'pending-approvals'])
        expectProblem(await server.get(`/sessions/none/${path}`), 404, 'session_not_found');
    });

    it('names a session itself, or is given a name; nothing is stored before the first message', async () => {
      expect((await server.post('/sessions', { session_id: 'mine', more: 1 })).json).to.deep.equal({
        session_id: 'mine',
      });
      const names = [await server.post('/sessions', {}), await server.call({ method: 'POST', path: '/sessions' })];
      for (const { json } of names) expect(json.session_id).to.match(/^[0-9a-z]{8,}$/);
      expect(names[0]?.json.session_id).not.to.equal(names[1]?.json.session_id);
      expect(await get('/sessions')).to.deep.equal({ sessions: [], next_cursor: null, count: 0 });
      expect(problemPaths(await server.post('/sessions', { session_id: ' ' }))).to.deep.equal(['session_id']);
      expect(problemPaths(await server.post('/sessions', []))).to.deep.equal(['']);
    });

    it('needs the key everywhere', async () => {
      for (const path of [
        '/sessions',
        '/sessions/a/history',
        '/sessions/a/pending-approvals',
        '/agents',
        '/agents/a/current',
      ])
        expectProblem(await server.get(path, { 'X-Internal-Auth': `${INTERNAL_KEY}x` }), 401, 'unauthorized');
      expectProblem(await server.post('/sessions', {}, { 'X-Internal-Auth': 'x' }), 401, 'unauthorized');
    });
  });
}
