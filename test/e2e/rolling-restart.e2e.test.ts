import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { expectProblem } from '../support/expect-problem.js';
import { aMessage } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import type { SseClient } from '../support/sse-client.js';
import { ScriptedUpstream } from '../support/upstream-server.js';
import { within } from '../support/within.js';

const PATIENCE = 20_000;

for (const [name, newStore] of Object.entries(SHARED_STORES)) {
  describe(`two replicas that are restarted one after the other, on ${name}`, function () {
    this.timeout(90_000);
    let folder: string;
    let upstream: ScriptedUpstream;
    let settings: Record<string, string>;
    let replicas: ServiceProcess[];

    const start = () => ServiceProcess.start(folder, settings);

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
      upstream = new ScriptedUpstream();
      await upstream.start();
      const own = { SHUTDOWN_GRACE_S: '2', LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
      settings = { ...(await newStore()), ...own };
      replicas = await Promise.all([start(), start()]);
    });
    afterEach(async () => {
      await Promise.all(replicas.map((replica) => replica.kill('SIGKILL')));
      await upstream.close();
      await rm(folder, { recursive: true });
    });

    /** Quick answers end when the test says so, others never. */
    function answerUntil(released: Promise<void>): void {
      const { text, finish, done } = completionStream;
      upstream.answer = ({ body }) => ({
        headers: { 'Content-Type': 'text/event-stream' },
        steps: [
          { type: 'write', bytes: text('half') },
          ...(body.includes('quick') ? [] : [{ type: 'hang' } as const]),
          { type: 'wait-for', promise: released },
          { type: 'write', bytes: text(' whole') + finish('stop') + done },
        ],
      });
    }

    async function begun(replica: ServiceProcess, session_id: string): Promise<SseClient> {
      const stream = await replica.send({ session_id, content: session_id });
      return within(PATIENCE, stream.received(1));
    }

    /** Stops one while the other serves; what it was writing ends there or is told from there. */
    async function rollOut(leaving: ServiceProcess, staying: ServiceProcess, round: string): Promise<void> {
      const released = Promise.withResolvers<void>();
      answerUntil(released.promise);
      const quick = await begun(leaving, `quick-${round}`);
      const slow = await begun(leaving, `slow-${round}`);
      const moved = await begun(leaving, `moved-${round}`);
      moved.cut();
      const exit = leaving.kill('SIGTERM');
      while ((await leaving.get('/health/ready')).status !== 503);
      expectProblem(await leaving.post('/agent/message', aMessage({ session_id: 'new' })), 503, 'shutting_down');
      const resumed = await staying.follow(`/agent/runs/${moved.runId}/stream`, { 'Last-Event-ID': `${moved.lastId}` });
      expect((await staying.get('/health/ready')).status).to.equal(200);
      released.resolve();
      await within(PATIENCE, Promise.all([quick.ended(), slow.ended(), resumed.ended()]));
      expect(await within(PATIENCE, exit)).to.equal(0);
      expect([quick.text, quick.finishReason]).to.deep.equal(['half whole', 'stop']);
      expect([slow.text, slow.finishReason]).to.deep.equal(['half', 'interrupted']);
      expect([resumed.text, resumed.finishReason]).to.deep.equal(['', 'interrupted']);
      for (const stream of [quick, slow, resumed]) expect(stream.frames.at(-1)?.data).to.equal('[DONE]');
      for (const stream of [quick, slow]) {
        const again = await staying.follow(`/agent/runs/${stream.runId}/stream`);
        expect((await within(PATIENCE, again.ended())).frames).to.deep.equal(stream.frames);
      }
      const history = await staying.get(`/agent/sessions/slow-${round}/messages`);
      expect(history.json).to.have.nested.property('messages[1].content', 'half');
      expect(history.json).to.have.nested.property('messages[1].status', 'interrupted');
    }

    it('finish what they can, interrupt the rest with its partial, and lose no reader and no answer', async () => {
      const [first, second] = replicas;
      if (first === undefined || second === undefined) throw new Error('There are two replicas.');
      await rollOut(first, second, 'first');
      const successor = await start();
      replicas.push(successor);
      await rollOut(second, successor, 'second');
    });
  });
}
