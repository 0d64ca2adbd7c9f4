import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import type { SseClient } from '../support/sse-client.js';
import { until } from '../support/until.js';
import { ScriptedUpstream } from '../support/upstream-server.js';
import { within } from '../support/within.js';

const MESSAGES = 12;
const PATIENCE = 30_000;

for (const [name, newStore] of Object.entries(SHARED_STORES)) {
  describe(`a replica that was cut off from its store for longer than its lease, on ${name}`, function () {
    this.timeout(90_000);
    let upstream: ScriptedUpstream;
    let proxy: FaultProxy;
    let cutOff: RuntimeServer;
    let other: RuntimeServer;

    beforeEach(async () => {
      upstream = new ScriptedUpstream();
      await upstream.start();
      const model = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
      const store = await newStore();
      const settings = { LEASE_TTL_S: '2', ...model, ...store };
      const through = await FaultProxy.inFrontOf(store.STORE_URL);
      proxy = through.proxy;
      cutOff = await RuntimeServer.start({ settings: { ...settings, STORE_URL: through.url } });
      other = await RuntimeServer.start({ settings });
    });
    afterEach(async () => {
      proxy.accept();
      await Promise.all([cutOff.close(), other.close()]);
      await Promise.all([proxy.close(), upstream.close()]);
    });

    it('ends every stream of runs that another replica took before their first token', async () => {
      const isCut = Promise.withResolvers<void>();
      const { text, finish, done } = completionStream;
      upstream.answer = () =>
        upstream.requests.length <= MESSAGES
          ? { status: 429, headers: { 'Retry-After': '0' }, before: [{ type: 'wait-for', promise: isCut.promise }] }
          : {
              headers: { 'Content-Type': 'text/event-stream' },
              steps: [{ type: 'write', bytes: text('Hi') + finish('stop') + done }],
            };
      const streams = await Promise.all(
        Array.from({ length: MESSAGES }, (_, index) => cutOff.send({ session_id: `session${index}` })),
      );
      await until(() => upstream.requests.length === MESSAGES);
      proxy.refuse();
      proxy.cut();
      isCut.resolve();
      await within(PATIENCE, endedAt(other, streams));
      proxy.accept();
      await within(PATIENCE, Promise.all(streams.map((stream) => stream.ended())));
      for (const stream of streams) expect([stream.text, stream.finishReason]).to.deep.equal(['Hi', 'stop']);
      await until(() => cutOff.activeRuns === 0);
      const { text: metrics } = await cutOff.get('/metrics');
      expect(metrics).to.match(new RegExp(`^agent_runtime_leases_lost_total ${MESSAGES}$`, 'm'));
    });
  });
}

/** Resolves when these runs have ended, as a replica sees it. */
async function endedAt(replica: RuntimeServer, streams: readonly SseClient[]): Promise<void> {
  for (const { runId } of streams) {
    const run = await replica.follow(`/agent/runs/${runId}/stream`);
    await run.ended();
  }
}
