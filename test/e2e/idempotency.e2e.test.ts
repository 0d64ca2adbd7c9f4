import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { expectProblem } from '../support/expect-problem.js';
import { FixedClock } from '../support/fixed-clock.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { within } from '../support/within.js';

const STREAM = '/agent/message/stream';
const WHOLE = '/agent/message';
const KEY = { 'Idempotency-Key': 'key-1' };
const HOUR = 60 * 60 * 1000;

describe('Idempotency-Key', () => {
  let clock: FixedClock;
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    clock = new FixedClock();
    gateway = new GatedGateway();
    const settings = { SESSION_TTL_S: '864000', JOURNAL_TTL_S: '864000', QUEUE_LIMIT: '1', MAX_RUNS: '2' };
    server = await RuntimeServer.start({ gateway, clock, settings });
  });
  afterEach(() => server.close());

  const messageCount = async () => (await server.get('/agent/sessions/demo')).json.message_count;

  it('makes fifty at once one message, one run and one call of the upstream, and all get the whole stream', async () => {
    const sent = Promise.all(Array.from({ length: 50 }, () => server.send({}, KEY)));
    const call = await gateway.call();
    call.say('One ');
    const streams = await sent;
    call.say('two').end();
    await Promise.all(streams.map((stream) => stream.ended()));
    expect(new Set(streams.map(({ body }) => body)).size).to.equal(1);
    expect(new Set(streams.map(({ runId }) => runId)).size).to.equal(1);
    expect(streams[0]?.text).to.equal('One two');
    const replayed = streams.map(({ headers }) => headers['idempotency-replayed']);
    expect(replayed.filter((value) => value === undefined)).to.have.length(1);
    expect(replayed.filter((value) => value === 'true')).to.have.length(49);
    expect(await messageCount()).to.equal(2);
    expect(gateway.calls).to.have.length(1);
  });

  it('replays the whole stream after the end', async () => {
    const first = await server.send({}, KEY);
    (await gateway.call()).say('One ', 'two').end();
    await first.ended();
    const again = await server.send({}, KEY);
    await again.ended();
    expect(again.status).to.equal(200);
    expect(again.headers).to.include({ 'idempotency-replayed': 'true', 'x-run-id': first.runId });
    expect(again.body).to.equal(first.body);
    expect(gateway.calls).to.have.length(1);
  });

  it('works on both POST routes, and between them', async () => {
    const asked = server.post(WHOLE, aMessage(), KEY);
    (await gateway.call()).say('One ', 'two').end();
    const first = await asked;
    expect(first.headers).not.to.have.property('idempotency-replayed');
    const whole = await server.post(WHOLE, aMessage(), KEY);
    expect(whole.json).to.deep.equal(first.json);
    expect(whole.headers).to.include({ 'idempotency-replayed': 'true' });
    const stream = await server.send({}, KEY);
    await stream.ended();
    expect(stream.text).to.equal('One two');
    expect(stream.headers).to.include({ 'idempotency-replayed': 'true', 'x-run-id': first.headers['x-run-id'] });
    expect(gateway.calls).to.have.length(1);
  });

  it('replays a failure as the failure it was', async () => {
    const asked = server.post(WHOLE, aMessage(), KEY);
    (await gateway.call()).say('Half').fail(new Error('inner'));
    expectProblem(await asked, 500, 'run_failed');
    const again = await server.post(WHOLE, aMessage(), KEY);
    expectProblem(again, 500, 'run_failed');
    expect(again.headers).to.include({ 'idempotency-replayed': 'true' });
    expect(gateway.calls).to.have.length(1);
  });

  it('answers 422 to another body, while the run goes on and after', async () => {
    const first = await server.send({}, KEY);
    const call = await gateway.call();
    const others = [{ content: 'Other' }, { on_busy: 'reject' }, { on_disconnect: 'cancel' }];
    for (const other of others) {
      expectProblem(await server.post(STREAM, aMessage(other), KEY), 422, 'idempotency_mismatch');
    }
    call.say('Hi').end();
    await first.ended();
    for (const other of others) {
      expectProblem(await server.post(WHOLE, aMessage(other), KEY), 422, 'idempotency_mismatch');
    }
    expect(await messageCount()).to.equal(2);
  });

  it('compares the fields that are known, not the bytes', async () => {
    const first = await server.send({}, KEY);
    (await gateway.call()).say('Hi').end();
    await first.ended();
    const body = '{"new_field":1, "content":"Hello\\u0020there","type":"user_message","session_id":"demo"}';
    const headers = { 'Content-Type': 'application/json', ...KEY };
    const again = await server.call({ method: 'POST', path: STREAM, headers, body });
    expect(again.status).to.equal(200);
    expect(again.headers).to.include({ 'x-run-id': first.runId });
  });

  it('belongs to its session', async () => {
    const one = await server.send({ session_id: 'one' }, KEY);
    const two = await server.send({ session_id: 'two' }, KEY);
    expect(two.headers).not.to.have.property('idempotency-replayed');
    expect(two.runId).not.to.equal(one.runId);
  });

  it('goes with its session', async () => {
    const first = await server.send({}, KEY);
    (await gateway.call()).end();
    await first.ended();
    await server.delete('/agent/sessions/demo');
    const fresh = await server.send({}, KEY);
    expect(fresh.headers).not.to.have.property('idempotency-replayed');
    expect(fresh.runId).not.to.equal(first.runId);
  });

  it('is looked up before the busy rule and before every limit', async () => {
    const first = await server.send({}, KEY);
    await gateway.call(1);
    await server.send({ on_busy: 'queue' });
    await server.send({ session_id: 'other' });
    await gateway.call(2);
    expectProblem(await server.post(STREAM, aMessage({ session_id: 'third' })), 503, 'overloaded');
    const again = await server.send({}, KEY);
    expect(again.status).to.equal(200);
    expect(again.runId).to.equal(first.runId);
    again.cut();
  });

  for (const [name, status, message] of [
    ['a busy session', 409, {}],
    ['a full queue', 429, { on_busy: 'queue' }],
  ] as const) {
    it(`is not used up by the ${status} of ${name}`, async () => {
      const active = await server.send();
      const call = await gateway.call(1);
      const queued = await server.send({ on_busy: 'queue' });
      expectProblem(await server.post(STREAM, aMessage({ ...message, content: 'Refused' }), KEY), status);
      call.end();
      (await gateway.call(2)).end();
      await Promise.all([active.ended(), queued.ended()]);
      const taken = await server.send({ content: 'Another' }, KEY);
      expect(taken.status).to.equal(200);
      expect(taken.headers).not.to.have.property('idempotency-replayed');
    });
  }

  it('is not used up by the 503 of a replica that is full', async () => {
    const busy = await server.send({ session_id: 'one' });
    await server.send({ session_id: 'two' });
    expectProblem(await server.post(STREAM, aMessage(), KEY), 503, 'overloaded');
    (await gateway.call(1)).end();
    await busy.ended();
    const taken = await server.send({ content: 'Another' }, KEY);
    expect(taken.status).to.equal(200);
    expect(taken.headers).not.to.have.property('idempotency-replayed');
  });

  it('is kept for a day', async () => {
    const first = await server.send({}, KEY);
    (await gateway.call(1)).say('Hi').end();
    await first.ended();
    clock.advance(24 * HOUR - 1);
    const again = await server.send({}, KEY);
    await again.ended();
    expect(again.runId).to.equal(first.runId);
    clock.advance(1);
    const fresh = await server.send({}, KEY);
    expect(fresh.runId).not.to.equal(first.runId);
  });

  it('tells the answer from the history when its stream is no longer kept, and sends nothing to the model again', async () => {
    const brief = await RuntimeServer.start({ gateway, clock, settings: { JOURNAL_TTL_S: '10' } });
    try {
      const first = await brief.send({}, KEY);
      (await gateway.call(1)).say('One ', 'two').end('length', { inputTokens: 3, outputTokens: 2, totalTokens: 5 });
      await first.ended();
      clock.advance(10_000);
      const again = await brief.send({}, KEY);
      await again.ended();
      expect(again.headers).to.include({ 'x-run-id': first.runId, 'idempotency-replayed': 'true' });
      expect(again.text).to.equal('One two');
      expect(again.finishReason).to.equal('length');
      expect(again.frames.at(-1)?.data).to.equal('[DONE]');
      const whole = await within(1000, brief.post(WHOLE, aMessage(), KEY));
      expect(whole.json).to.deep.include({
        message: { role: 'assistant', content: 'One two' },
        finish_reason: 'length',
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      });
      expect(gateway.calls).to.have.length(1);
    } finally {
      await brief.close();
    }
  });

  it('tells a failure from the history too', async () => {
    const brief = await RuntimeServer.start({
      gateway,
      clock,
      settings: { JOURNAL_TTL_S: '10', UPSTREAM_RETRIES: '0' },
    });
    try {
      const first = await brief.send({}, KEY);
      (await gateway.call(1)).fail(new LlmError('upstream_timeout'));
      await first.ended();
      clock.advance(10_000);
      const again = await brief.send({}, KEY);
      await again.ended();
      expect(again.payloads[0]).to.include({ type: 'error', code: 'upstream_timeout' });
      expect(again.finishReason).to.equal('error');
      expectProblem(await brief.post(WHOLE, aMessage(), KEY), 504, 'upstream_timeout');
    } finally {
      await brief.close();
    }
  });

  it('makes nothing of requests without one', async () => {
    for (const number of [1, 2]) {
      const stream = await server.send();
      (await gateway.call(number)).say('Hi').end();
      await stream.ended();
      expect(stream.headers).not.to.have.property('idempotency-replayed');
    }
    expect(await messageCount()).to.equal(4);
  });
});
