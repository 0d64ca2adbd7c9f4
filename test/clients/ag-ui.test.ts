import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { agentsFile } from '../support/agents-file.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { forgivingLeaks } from '../support/leaking-clients.js';
import { McpTestServer } from '../support/mcp-test-server.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { until } from '../support/until.js';
import { AGENT_VERSIONS, TestAgent } from './ag-ui-agents.js';

const tool = (name: string) => ({ name, description: name, parameters: { type: 'object' } });
const ASK = '/call weather {"city":"Paris"}\nWait.';

for (const version of Object.keys(AGENT_VERSIONS)) {
  describe(`AG-UI ${version}`, () => {
    forgivingLeaks();
    let server: RuntimeServer;
    let files: McpTestServer;
    let threads = 0;

    before(async () => {
      const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
      files = await McpTestServer.start({ list: async () => text('a.txt'), erase: async () => text('gone') });
      const mcp_servers = { files: { url: files.url, approval: { erase: 'always' } } };
      const agents = { default: { tools: ['files/*', 'delete_all'] } };
      const tools = { delete_all: { parameters: { type: 'object' }, approval: 'always' } };
      server = await RuntimeServer.start({ settings: { AGENTS_FILE: agentsFile(agents, { mcp_servers, tools }) } });
    });
    after(async () => {
      await server.close();
      await files.close();
    });

    const open = (service = server): TestAgent => {
      threads += 1;
      return TestAgent.of(version, service.origin, `thread${threads}`);
    };
    const history = async (service = server) => {
      const { text } = await service.get(`/agent/sessions/thread${threads}/messages`);
      return JSON.parse(text).messages;
    };
    const words = async () => (await history()).map(({ role, content }: Record<string, string>) => [role, content]);

    it('runs a turn after the other in one session', async () => {
      const agent = await open().say('Hello there').run();
      expect(agent.types).to.deep.equal([
        ...['RUN_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END'],
        'RUN_FINISHED',
      ]);
      expect(agent.last).to.have.nested.property('outcome.type', 'success');
      await agent.say('And again').run();
      expect(agent.messages.map(({ content }) => content)).to.deep.equal([
        ...['Hello there', 'Hello there ', 'And again', 'And again '],
      ]);
      expect((await words()).map(([, content]: string[]) => content)).to.deep.equal(
        agent.messages.map(({ content }) => content),
      );
    });

    it('tells what the model thinks', async () => {
      const agent = await open().say('/think so').run();
      expect(agent.messages.map(({ role, content }) => [role, content])).to.deep.equal([
        ['user', '/think so'],
        ['reasoning', 'so '],
        ['assistant', 'so '],
      ]);
    });

    it('asks for a tool of the client, and goes on with its result', async () => {
      const agent = await open()
        .say(ASK)
        .run({ tools: [tool('weather')] });
      const [, answer] = agent.messages;
      const call = answer?.toolCalls?.[0];
      expect(answer?.content).to.equal('Wait. ');
      expect(call?.function).to.deep.equal({ name: 'weather', arguments: '{"city":"Paris"}' });
      const outcome = version === '1.0.0' ? { type: 'success', pendingToolCallIds: [call?.id] } : { type: 'success' };
      expect(agent.last?.outcome).to.deep.equal(outcome);
      await agent.tell(call?.id ?? '', 'sunny').run({ tools: [tool('weather')] });
      expect(agent.text).to.equal('sunny ');
      expect(await words()).to.deep.equal([
        ...[
          ['user', ASK],
          ['assistant', 'Wait. '],
          ['tool', 'sunny'],
          ['assistant', 'sunny '],
        ],
      ]);
    });

    it('tells what a server was asked and what came of it', async () => {
      const agent = await open().say('/call files/list {}').run();
      expect(agent.messages.map(({ role, content }) => [role, content])).to.deep.equal([
        ...[
          ['user', '/call files/list {}'],
          ['assistant', undefined],
          ['tool', 'a.txt'],
          ['assistant', 'a.txt '],
        ],
      ]);
    });

    it('is interrupted for a person, who allows what a server is asked', async () => {
      const agent = await open().say('/call files/erase {"name":"a"}').run();
      const interruptId = agent.messages[1]?.toolCalls?.[0]?.id ?? '';
      expect(agent.last).to.have.nested.property('outcome.type', 'interrupt');
      expect(agent.last).to.have.nested.property('outcome.interrupts[0].toolCallId', interruptId);
      await agent.run({ resume: [{ interruptId, status: 'resolved', payload: { approved: true } }] });
      expect(agent.failure).to.equal(undefined);
      expect(agent.text).to.equal('gone ');
      expect(agent.messages.map(({ role }) => role)).to.deep.equal(['user', 'assistant', 'tool', 'assistant']);
    });

    it('is interrupted for a person, who refuses or lets a call go', async () => {
      for (const status of ['cancelled', 'resolved'] as const) {
        const agent = await open().say('/call delete_all {}').run();
        const interruptId = agent.messages[1]?.toolCalls?.[0]?.id ?? '';
        const payload = { approved: false, feedback: 'Too much' };
        await agent.run({ resume: [{ interruptId, status, ...(status === 'resolved' && { payload }) }] });
        expect(agent.last).to.have.nested.property('outcome.type', 'success');
        expect((await history())[2]).to.include({ role: 'tool', status: 'rejected' });
        expect(agent.messages[2]).to.include({ role: 'tool' });
      }
    });

    it('leaves the client a call that a person has allowed', async () => {
      const agent = await open().say('/call delete_all {}').run();
      const id = agent.messages[1]?.toolCalls?.[0]?.id ?? '';
      await agent.run({ resume: [{ interruptId: id, status: 'resolved' }] });
      expect(agent.types).to.deep.equal(['RUN_STARTED', 'RUN_FINISHED']);
      await agent.tell(id, 'all gone').run();
      expect(agent.text).to.equal('all gone ');
    });

    it('refuses an answer to an interrupt that is not open, and what says nothing new', async () => {
      const agent = open().say('Hello');
      await agent.run({ resume: [{ interruptId: 'none', status: 'resolved' }] });
      expect(agent.failure).to.deep.include({ status: 422 });
      expect(agent.failure).to.have.nested.property('payload.detail', 'resume must answer open interrupts');
      await agent.run();
      await agent.run();
      expect(agent.failure).to.have.nested.property('payload.code', 'invalid_request');
    });

    it('gives the same run for the same names, and its client has it once', async () => {
      const agent = await open().say('/think Hello there').run({ runId: 'one' });
      const before = structuredClone(agent.messages);
      await agent.run({ runId: 'one' });
      expect(agent.failure).to.equal(undefined);
      expect(agent.types.slice(0, 2)).to.deep.equal(['RUN_STARTED', 'MESSAGES_SNAPSHOT']);
      expect(agent.messages).to.deep.equal(before);
      expect(await history()).to.have.length(2);
    });
  });

  describe(`AG-UI ${version} while a run goes on`, () => {
    forgivingLeaks();
    let gateway: GatedGateway;
    let server: RuntimeServer;
    beforeEach(async () => {
      gateway = new GatedGateway();
      server = await RuntimeServer.start({ gateway });
    });
    afterEach(() => server.close());

    it('tells a failure, with what was written', async () => {
      const agent = TestAgent.of(version, server.origin, 'demo').say('Hello');
      const ran = agent.run();
      (await gateway.call()).say('Half').fail(new LlmError('upstream_rejected'));
      await ran;
      expect(agent.text).to.equal('Half');
      expect(agent.last).to.include({ type: 'RUN_ERROR', code: 'upstream_rejected' });
    });

    it('tells that a run was cancelled by another door', async () => {
      const agent = TestAgent.of(version, server.origin, 'demo').say('Hello');
      const ran = agent.run();
      (await gateway.call()).say('Half');
      await until(() => agent.text === 'Half');
      const { json } = await server.get('/agent/sessions/demo');
      await server.post(`/agent/runs/${json.active_run_id}/cancel`);
      await ran;
      expect(agent.last).to.include({ type: 'RUN_ERROR', code: 'cancelled' });
    });

    it('stops a run when its client leaves, and goes on where the client says so', async () => {
      const agent = TestAgent.of(version, server.origin, 'demo').say('Hello');
      const ran = agent.run();
      const call = await gateway.call();
      call.say('Half');
      await until(() => agent.text === 'Half');
      agent.leave();
      await Promise.all([ran, call.released]);
      const staying = TestAgent.of(version, server.origin, 'other').say('Hello');
      const stayed = staying.run({ forwardedProps: { on_disconnect: 'continue' } });
      const other = await gateway.call(2);
      other.say('Half');
      await until(() => staying.text === 'Half');
      staying.leave();
      await stayed;
      const joined = await server.follow('/agent/sessions/other/stream');
      other.say(' and half').end();
      await joined.ended();
      expect([joined.text, joined.finishReason]).to.deep.equal(['Half and half', 'stop']);
    });

    it('comes back to a run that it had left, and has it whole', async () => {
      const agent = TestAgent.of(version, server.origin, 'demo').say('Hello');
      const ran = agent.run({ runId: 'one', forwardedProps: { on_disconnect: 'continue' } });
      const call = await gateway.call();
      call.send({ type: 'reasoning', text: 'Hm' }).say('Half');
      await until(() => agent.text === 'Half');
      agent.leave();
      await ran;
      const again = agent.run({ runId: 'one', forwardedProps: { on_disconnect: 'continue' } });
      call.say(' and half').end();
      await again;
      expect(agent.messages.map(({ role, content }) => [role, content])).to.deep.equal([
        ...[
          ['user', 'Hello'],
          ['reasoning', 'Hm'],
          ['assistant', 'Half and half'],
        ],
      ]);
    });
  });
}
