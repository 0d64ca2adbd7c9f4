import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import { SseClient } from '../support/sse-client.js';
import { within } from '../support/within.js';

const HEADERS = { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' };

for (const [name, newStore] of Object.entries(SHARED_STORES)) {
  describe(`replicas that share a ${name}`, function () {
    this.timeout(60_000);
    let settings: Record<string, string>;
    let gateway: GatedGateway;
    let first: RuntimeServer;
    let second: RuntimeServer;

    before(async () => {
      settings = await newStore();
      gateway = new GatedGateway();
      first = await RuntimeServer.start({ gateway, settings });
      second = await RuntimeServer.start({ gateway, settings });
      while ((await second.get('/health/ready')).status !== 200);
    });
    afterEach(() => {
      gateway.calls.length = 0;
    });
    after(() => Promise.all([first.close(), second.close()]));

    it('show a run that one of them writes to readers of the other, as it is written and after', async () => {
      const written = await first.send({ session_id: 'shared' });
      const call = await gateway.call();
      const read = await second.follow(`/agent/runs/${written.runId}/stream`);
      call.say('one ');
      await within(2000, read.received(1));
      call.say('two').end();
      await Promise.all([written.ended(), read.ended()]);
      expect(read.frames).to.deep.equal(written.frames);
      const again = await second.follow(`/agent/runs/${written.runId}/stream`);
      expect((await again.ended()).frames).to.deep.equal(written.frames);
      expect((await second.get('/agent/sessions/shared/messages')).json).to.have.nested.property(
        'messages[1].content',
        'one two',
      );
    });

    it('cancel what the other writes, within 2 s', async () => {
      const stream = await first.send({ session_id: 'cancelled' });
      const call = await gateway.call();
      call.say('partial');
      await stream.received(1);
      expect((await second.post(`/agent/runs/${stream.runId}/cancel`)).status).to.equal(202);
      await within(2000, call.released);
      await within(2000, stream.ended());
      expect(stream.finishReason).to.equal('cancelled');
    });

    it('make one message of fifty with one key, whichever of them they reach', async () => {
      const sending = Array.from({ length: 50 }, (_, index) =>
        (index % 2 ? first : second).send({ session_id: 'once' }, { 'Idempotency-Key': 'key' }),
      );
      (await gateway.call()).say('Hi').end();
      const streams = await Promise.all(sending);
      await Promise.all(streams.map((stream) => stream.ended()));
      expect(new Set(streams.map(({ runId }) => runId))).to.have.property('size', 1);
      expect(new Set(streams.map(({ text }) => text))).to.deep.equal(new Set(['Hi']));
      expect(gateway.calls).to.have.length(1);
    });

    it('go by one busy rule: reject, queue and interrupt reach across', async () => {
      const active = await first.send({ session_id: 'busy' });
      const call = await gateway.call();
      call.say('partial');
      await active.received(1);
      expect((await second.post('/agent/message', aMessage({ session_id: 'busy' }))).status).to.equal(409);
      const queued = await second.send({ session_id: 'busy', content: 'queued', on_busy: 'queue' });
      const urgent = await second.send({ session_id: 'busy', content: 'urgent', on_busy: 'interrupt' });
      await within(2000, active.ended());
      expect(active.finishReason).to.equal('interrupted');
      (await gateway.call(2)).say('urgent answer').end();
      await urgent.ended();
      (await gateway.call(3)).say('queued answer').end();
      await queued.ended();
      expect([urgent.text, queued.text]).to.deep.equal(['urgent answer', 'queued answer']);
    });

    it('cancel a run to be cancelled unread only when the readers of both have left', async () => {
      const stream = await first.send({ session_id: 'unread', on_disconnect: 'cancel' });
      const call = await gateway.call();
      const other = await second.follow(`/agent/runs/${stream.runId}/stream`);
      call.say('one');
      await other.received(1);
      stream.cut();
      call.say('two');
      await other.received(2);
      other.cut();
      await within(2000, call.released);
      const path = `/agent/runs/${stream.runId}`;
      while (JSON.stringify((await second.get(path)).json).includes('"running"'));
      expect((await second.get(path)).json).to.include({ status: 'cancelled' });
    });

    it('end the run of one that was killed, within the lease and a round, with what was seen', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
      const lease = { LEASE_TTL_S: '2' };
      const [killed, survivor] = await Promise.all([
        ServiceProcess.start(folder, { ...settings, ...lease, MOCK_DELAY_MS: '20' }),
        ServiceProcess.start(folder, { ...settings, ...lease }),
      ]);
      const body = JSON.stringify(aMessage({ session_id: 'killed', content: 'word '.repeat(500) }));
      const call = { method: 'POST', path: '/agent/message/stream', headers: HEADERS, body };
      const stream = await SseClient.open(killed.origin, call);
      await stream.received(3);
      await killed.kill('SIGKILL');
      const headers = { ...HEADERS, 'Last-Event-ID': String(stream.lastId) };
      const path = `/agent/runs/${stream.runId}/stream`;
      await stream.ended();
      const rest = await SseClient.open(survivor.origin, { path, headers });
      await within(6000, rest.ended());
      expect(rest.finishReason).to.equal('interrupted');
      const history = await first.get('/agent/sessions/killed/messages');
      expect(history.json).to.have.nested.property('messages[1].content', stream.text + rest.text);
      await survivor.kill('SIGTERM');
      await rm(folder, { recursive: true });
    });
  });
}
