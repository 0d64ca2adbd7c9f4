import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { ScriptedUpstream } from '../support/upstream-server.js';
import { within } from '../support/within.js';

describe('a client that leaves', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway });
  });
  afterEach(() => server.close());

  const statusOf = async (run: string) => (await server.get(`/agent/runs/${run}`)).json.status;
  const history = async () => (await server.get('/agent/sessions/demo/messages')).json;
  /** The run's own ending, as a reader gets it. */
  const endingOf = async (run: string) => {
    const reader = await server.follow(`/agent/runs/${run}/stream`);
    await reader.ended();
    return reader.finishReason;
  };

  it('does not stop its run, which is stored whole', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    call.say('One ');
    await stream.received(1);
    stream.cut();
    const other = await server.send({ session_id: 'other' });
    call.say('two').end();
    expect(await endingOf(stream.runId)).to.equal('stop');
    expect(await history()).to.have.nested.property('messages[1].content', 'One two');
    other.cut();
  });

  it('does not stop its run before the first token either', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    stream.cut();
    await server.get('/health');
    call.say('Hi').end();
    expect(await endingOf(stream.runId)).to.equal('stop');
  });

  describe('with on_disconnect cancel', () => {
    const send = () => server.send({ on_disconnect: 'cancel' });

    it('cancels its run, which keeps its partial', async () => {
      const stream = await send();
      const call = await gateway.call();
      call.say('Half');
      await stream.received(1);
      stream.cut();
      await within(1000, call.released);
      expect(await endingOf(stream.runId)).to.equal('cancelled');
      expect(await history()).to.have.nested.property('messages[1].content', 'Half');
      expect(await history()).to.have.nested.property('messages[1].status', 'cancelled');
    });

    it('cancels its run before the first token', async () => {
      const stream = await send();
      const call = await gateway.call();
      stream.cut();
      await within(1000, call.released);
      expect(await endingOf(stream.runId)).to.equal('cancelled');
    });

    it('cancels its run while it waits in the queue', async () => {
      await server.send();
      await gateway.call();
      const queued = await server.send({ on_busy: 'queue', on_disconnect: 'cancel' });
      queued.cut();
      expect(await within(1000, endingOf(queued.runId))).to.equal('cancelled');
      expect(await statusOf(queued.runId)).to.equal('cancelled');
      expect(gateway.calls).to.have.length(1);
    });

    it('cancels its run only with the last reader, of whatever route', async () => {
      const stream = await send();
      const call = await gateway.call();
      call.say('One ');
      const followed = await server.follow(`/agent/runs/${stream.runId}/stream`);
      const joined = await server.follow('/agent/sessions/demo/stream');
      await Promise.all([stream, followed, joined].map((reader) => reader.received(1)));
      stream.cut();
      followed.cut();
      await server.get('/health');
      call.say('two ');
      await joined.received(2);
      expect(await statusOf(stream.runId)).to.equal('running');
      joined.cut();
      await within(1000, call.released);
      expect(await endingOf(stream.runId)).to.equal('cancelled');
    });

    it('goes by the request that was accepted, not by one that came later', async () => {
      const stream = await server.send({ on_disconnect: 'continue' }, { 'Idempotency-Key': 'a' });
      const call = await gateway.call();
      const reader = await server.send({ on_disconnect: 'continue' }, { 'Idempotency-Key': 'a' });
      stream.cut();
      reader.cut();
      await server.get('/health');
      call.say('Hi').end();
      expect(await endingOf(stream.runId)).to.equal('stop');
    });

    it('changes nothing after the end', async () => {
      const stream = await send();
      (await gateway.call()).say('Hi').end();
      await stream.ended();
      const reader = await server.follow(`/agent/runs/${stream.runId}/stream`);
      reader.cut();
      await reader.ended();
      expect(await statusOf(stream.runId)).to.equal('completed');
    });

    it('cancels its run also when the answer was asked for whole', async () => {
      const leaving = new AbortController();
      const asked = fetch(`${server.origin}/agent/message`, {
        method: 'POST',
        headers: { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' },
        body: JSON.stringify(aMessage({ on_disconnect: 'cancel' })),
        signal: leaving.signal,
      });
      const call = await gateway.call();
      const { json } = await server.get('/agent/sessions/demo');
      leaving.abort();
      await asked.catch(() => {});
      await within(1000, call.released);
      expect(await endingOf(String(json.active_run_id))).to.equal('cancelled');
    });
  });

  it('cancels its run by the setting ON_DISCONNECT, unless the message says otherwise', async () => {
    const cancelling = await RuntimeServer.start({ gateway, settings: { ON_DISCONNECT: 'cancel' } });
    try {
      const stream = await cancelling.send();
      const call = await gateway.call(1);
      const staying = await cancelling.send({ session_id: 'other', on_disconnect: 'continue' });
      const other = await gateway.call(2);
      stream.cut();
      staying.cut();
      await within(1000, call.released);
      other.say('Hi').end();
      const reader = await cancelling.follow(`/agent/runs/${staying.runId}/stream`);
      await reader.ended();
      expect(reader.finishReason).to.equal('stop');
    } finally {
      await cancelling.close();
    }
  });

  it('has the connection to the upstream closed within a second', async () => {
    const upstream = new ScriptedUpstream();
    await upstream.start();
    const steps = [{ type: 'write', bytes: completionStream.text('Half') }, { type: 'hang' }] as const;
    upstream.answer = () => ({ headers: { 'Content-Type': 'text/event-stream' }, steps });
    const settings = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
    const service = await RuntimeServer.start({ settings });
    try {
      const asked = upstream.nextRequest();
      const stream = await service.send({ on_disconnect: 'cancel' });
      const { socketClosed } = await asked;
      await stream.received(1);
      stream.cut();
      await within(1000, socketClosed);
    } finally {
      await service.close();
      await upstream.close();
    }
  });
});
