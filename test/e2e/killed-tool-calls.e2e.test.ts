import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { McpTestServer } from '../support/mcp-test-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import { within } from '../support/within.js';

const PATIENCE = 20_000;

for (const [store, newStore] of Object.entries(SHARED_STORES)) {
  describe(`a replica that is killed while a server runs its call, on ${store}`, function () {
    this.timeout(60_000);
    let folder: string;
    let mcp: McpTestServer;
    let replicas: ServiceProcess[];
    let called: PromiseWithResolvers<void>;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
      called = Promise.withResolvers();
      const stuck = () => {
        called.resolve();
        return new Promise<never>(() => {});
      };
      mcp = await McpTestServer.start({ stuck, ask: stuck });
      const files = { url: mcp.url, approval: { ask: 'always' } };
      const agents = { default: { model: 'mock:fake-llm', tools: ['files/*'] } };
      const own = { LEASE_TTL_S: '2', MOCK_DELAY_MS: '0', AGENTS_FILE: agentsFile(agents, { mcp_servers: { files } }) };
      const settings = { ...(await newStore()), ...own };
      replicas = await Promise.all([1, 2].map(() => ServiceProcess.start(folder, settings)));
    });
    afterEach(async () => {
      await Promise.all(replicas.map((replica) => replica.kill('SIGKILL')));
      await mcp.close();
      await rm(folder, { recursive: true });
    });

    function both(): [ServiceProcess, ServiceProcess] {
      const [killed, other] = replicas;
      if (killed === undefined || other === undefined) throw new Error('There are two replicas.');
      return [killed, other];
    }

    async function afterTheKill(runId: string | undefined) {
      const [killed, other] = both();
      await within(PATIENCE, called.promise);
      await killed.kill('SIGKILL');
      const taken = await other.follow(`/agent/runs/${runId}/stream`);
      await within(PATIENCE, taken.ended());
      expect(taken.finishReason).to.equal('interrupted');
      const told = taken.payloads.filter(({ type }) => type === 'tool_result');
      expect(told.map(({ status }) => status)).to.deep.equal(['error']);
      const { text } = await other.get('/agent/sessions/demo/messages');
      expect(JSON.parse(text).messages.at(-1)).to.include({ role: 'tool', status: 'error' });
      expect((await other.converse('Hello')).text.trim()).to.equal('Hello');
    }

    it('leaves a run that ends interrupted, and the call is made no second time', async () => {
      const [killed] = both();
      const stream = await killed.send({ content: '/call files/stuck {}' });
      await afterTheKill(stream.runId);
      expect(mcp.calls).to.deep.equal(['stuck {}']);
    });

    it('does so where a person had agreed to it, too', async () => {
      const [killed] = both();
      await killed.converse('/call files/ask {}');
      const { json } = await killed.get('/agent/sessions/demo/calls');
      const call_id = JSON.parse(JSON.stringify(json)).open_calls[0].call_id;
      const stream = await killed.send({ type: 'hitl_decision', call_id, decision: 'approve' });
      await afterTheKill(stream.runId);
      expect(mcp.calls).to.deep.equal(['ask {}']);
    });
  });
}
