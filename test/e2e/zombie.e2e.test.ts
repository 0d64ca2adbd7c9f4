import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream } from '../support/upstream-server.js';
import { within } from '../support/within.js';

const PATIENCE = 20_000;

for (const [name, newStore] of Object.entries(SHARED_STORES)) {
  describe(`a replica that was frozen for longer than its lease, on ${name}`, function () {
    this.timeout(60_000);
    let folder: string;
    let upstream: ScriptedUpstream;
    let replicas: ServiceProcess[];

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
      upstream = new ScriptedUpstream();
      await upstream.start();
      const own = { LEASE_TTL_S: '2', LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
      const settings = { ...(await newStore()), ...own };
      replicas = await Promise.all([1, 2].map(() => ServiceProcess.start(folder, settings)));
    });
    afterEach(async () => {
      await Promise.all(replicas.map((replica) => replica.kill('SIGKILL')));
      await upstream.close();
      await rm(folder, { recursive: true });
    });

    it('writes nothing more, closes its upstream, and gives its readers the ending that the other wrote', async () => {
      const [zombie, other] = replicas;
      if (zombie === undefined || other === undefined) throw new Error('There are two replicas.');
      const frozen = Promise.withResolvers<void>();
      const { text } = completionStream;
      upstream.answer = () => ({
        headers: { 'Content-Type': 'text/event-stream' },
        steps: [
          { type: 'write', bytes: text('seen') },
          { type: 'wait-for', promise: frozen.promise },
          { type: 'write', bytes: text('late') },
          { type: 'hang' },
        ],
      });
      const stream = await zombie.send({ session_id: 'zombie' });
      await within(PATIENCE, stream.received(1));
      zombie.signal('SIGSTOP');
      // What wakes it is a token that it must not write any more.
      frozen.resolve();

      const path = `/agent/runs/${stream.runId}/stream`;
      const taken = await other.follow(path);
      await within(PATIENCE, taken.ended());
      expect([taken.text, taken.finishReason]).to.deep.equal(['seen', 'interrupted']);
      const history = (await other.get('/agent/sessions/zombie/messages')).json;

      zombie.signal('SIGCONT');
      const [request] = upstream.requests;
      await within(PATIENCE, request?.socketClosed ?? Promise.reject(new Error('The model was never asked.')));
      await within(PATIENCE, stream.ended());
      expect(stream.frames).to.deep.equal(taken.frames);
      for (const replica of replicas) {
        const again = await replica.follow(path, { 'Last-Event-ID': `${stream.runId}-1` });
        expect((await within(PATIENCE, again.ended())).frames).to.deep.equal(taken.frames.slice(1));
        expect((await replica.get('/agent/sessions/zombie/messages')).json).to.deep.equal(history);
      }
      expect(upstream.requests).to.have.length(1);
    });
  });
}
