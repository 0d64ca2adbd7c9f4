import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import sinon from 'sinon';
import { LlmError } from '../../src/domain/errors.js';
import { FixedClock } from '../support/fixed-clock.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { samplesOf } from '../support/metric-samples.js';
import { RuntimeServer } from '../support/runtime-server.js';

const PATIENCE = 10_000;

describe('GET /metrics', () => {
  let clock: FixedClock;
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    clock = new FixedClock();
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, clock });
  });
  afterEach(() => server.close());

  const scrape = () => server.call({ path: '/metrics', headers: { 'X-Internal-Auth': undefined } });

  /** Resolves when these are the samples: what is counted after a reader's last frame is not there at once. */
  async function samplesWith(wanted: Readonly<Record<string, number>>): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (true) {
      const samples = samplesOf((await scrape()).text);
      const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, samples.get(`agent_runtime_${name}`)]));
      if (isDeepStrictEqual(found, wanted)) return;
      if (performance.now() > deadline) expect(found).to.deep.equal(wanted);
    }
  }

  it("is public, and in Prometheus' text format", async () => {
    const { status, headers, text } = await scrape();
    expect(status).to.equal(200);
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(text)
      .to.match(/^# HELP agent_runtime_\w+ /)
      .and.to.match(/\n$/);
  });

  it('is rendered once for all who ask within a second, and anew after it', async () => {
    const time = sinon.useFakeTimers({ toFake: ['performance'] });
    try {
      const { text } = await scrape();
      const stream = await server.send();
      time.tick(999);
      for (const answer of await Promise.all(Array.from({ length: 20 }, scrape))) expect(answer.text).to.equal(text);
      time.tick(1);
      expect(samplesOf((await scrape()).text).get('agent_runtime_messages_total{outcome="running"}')).to.equal(1);
      (await gateway.call()).end();
      await stream.ended();
    } finally {
      time.restore();
    }
  });

  it('counts an answer: its message, its tokens, its time to the first token, its ending and its usage', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    await samplesWith({ active_runs: 1, readers: 1, 'messages_total{outcome="running"}': 1 });
    call.say('One ', 'two ', 'three').end('stop', { inputTokens: 7, outputTokens: 3, totalTokens: 10 });
    await stream.ended();
    await samplesWith({
      active_runs: 0,
      readers: 0,
      tokens_total: 3,
      time_to_first_token_seconds_count: 1,
      journal_lag_seconds_count: 1,
      unjournalled_runs: 0,
      'upstream_attempts_total{outcome="ok"}': 1,
      'runs_ended_total{finish_reason="stop"}': 1,
      run_duration_seconds_count: 1,
      'upstream_tokens_total{direction="input"}': 7,
      'upstream_tokens_total{direction="output"}': 3,
      'store_call_seconds_count{operation="end"}': 1,
    });
  });

  it('counts failures by code, of the model and of the run', async () => {
    const stream = await server.send();
    (await gateway.call(1)).fail(new LlmError('upstream_unavailable'));
    (await gateway.call(2)).say('Hi').fail(new LlmError('upstream_rate_limited'));
    await stream.ended();
    await samplesWith({
      'upstream_attempts_total{outcome="upstream_unavailable"}': 1,
      'upstream_attempts_total{outcome="upstream_rate_limited"}': 1,
      'run_failures_total{code="upstream_rate_limited"}': 1,
      'runs_ended_total{finish_reason="error"}': 1,
    });
  });

  it('counts what is cancelled while it is written and while it waits, and what is refused', async () => {
    const stream = await server.send();
    const waiting = await server.send({ on_busy: 'queue' });
    expect((await server.send({ on_busy: 'reject' })).status).to.equal(409);
    for (const { runId } of [waiting, stream]) await server.post(`/agent/runs/${runId}/cancel`);
    await Promise.all([stream.ended(), waiting.ended()]);
    await samplesWith({
      'messages_total{outcome="running"}': 1,
      'messages_total{outcome="queued"}': 1,
      'messages_total{outcome="session_busy"}': 1,
      'upstream_attempts_total{outcome="stopped"}': 1,
      'runs_ended_total{finish_reason="cancelled"}': 2,
    });
  });

  it('measures how long a message has waited in its queue', async () => {
    const stream = await server.send();
    const waiting = await server.send({ on_busy: 'queue' });
    clock.advance(40_000);
    (await gateway.call()).end();
    (await gateway.call(2)).end();
    await Promise.all([stream.ended(), waiting.ended()]);
    await samplesWith({
      queue_wait_seconds_count: 2,
      queue_wait_seconds_sum: 40,
      'queue_wait_seconds_bucket{le="30"}': 1,
      'queue_wait_seconds_bucket{le="60"}': 2,
    });
  });

  it('counts readers, those that came back, and the frames they were given again', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    call.say('One ', 'two ', 'three ');
    await stream.received(3);
    const path = `/agent/runs/${stream.runId}/stream`;
    const resumed = await server.follow(path, { 'Last-Event-ID': `${stream.runId}-1` });
    await resumed.received(2);
    await samplesWith({ readers: 2, resumes_total: 1, replayed_frames_total: 2 });
    call.end();
    await Promise.all([stream.ended(), resumed.ended()]);
    await samplesWith({ readers: 0, resumes_total: 1, replayed_frames_total: 2 });
  });

  it('tells no id and no text, whatever was sent', async () => {
    const stream = await server.send({ session_id: 'canary-session', content: 'canary-question' });
    (await gateway.call()).say('canary-answer').end();
    await stream.ended();
    await samplesWith({ 'runs_ended_total{finish_reason="stop"}': 1 });
    const { text } = await scrape();
    expect(text).not.to.contain('canary').and.not.to.contain(stream.runId);
  });
});
