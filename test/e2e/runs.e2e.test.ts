import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { expectProblem } from '../support/expect-problem.js';
import { FixedClock } from '../support/fixed-clock.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';

describe('runs and models', () => {
  let clock: FixedClock;
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    clock = new FixedClock();
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, clock });
  });
  afterEach(() => server.close());

  it('shows a run as it goes on and as it ended', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    const running = {
      run_id: stream.runId,
      session_id: 'demo',
      status: 'running',
      finish_reason: null,
      attempts: 1,
      model: 'mock:fake-llm',
      context: { messages: 1, left_out: 0, tokens: null },
      usage: null,
      error: null,
      created_at: '2026-01-01T00:00:00.000Z',
      ended_at: null,
      open_calls: [],
    };
    expect((await server.get(`/agent/runs/${stream.runId}`)).json).to.deep.equal(running);
    clock.advance(2500);
    call.say('Hi').end('stop', { inputTokens: 14, outputTokens: 9, totalTokens: 23 });
    await stream.ended();
    expect((await server.get(`/agent/runs/${stream.runId}`)).json).to.deep.equal({
      ...running,
      status: 'completed',
      finish_reason: 'stop',
      usage: { prompt_tokens: 14, completion_tokens: 9, total_tokens: 23 },
      ended_at: '2026-01-01T00:00:02.500Z',
    });
  });

  it('shows why a run failed, and nothing of what the provider said', async () => {
    const stream = await server.send();
    (await gateway.call()).fail(new LlmError('upstream_rejected', { detail: 'canary: bad key sk-12345678' }));
    await stream.ended();
    const { json, text } = await server.get(`/agent/runs/${stream.runId}`);
    expect(json).to.deep.include({
      status: 'failed',
      finish_reason: 'error',
      attempts: 1,
      error: {
        code: 'upstream_rejected',
        message: 'The model refused the request; send another message. If it refuses every one, check its settings.',
        retryable: false,
      },
    });
    expect(text + stream.raw).not.to.contain('canary');
  });

  it('shows a queued run', async () => {
    await server.send();
    await gateway.call();
    const queued = await server.send({ on_busy: 'queue' });
    expect((await server.get(`/agent/runs/${queued.runId}`)).json).to.include({ status: 'queued', attempts: 0 });
  });

  it('knows no other run', async () => {
    for (const id of ['unknown', '..', '%00', 'x'.repeat(3000)]) {
      expectProblem(await server.get(`/agent/runs/${id}`), 404);
    }
  });

  it('lists the models as the gateway knows them', async () => {
    gateway.models = [
      { id: 'a', name: 'Model A', provider: 'acme', contextLength: 4096, isAvailable: false },
      { id: 'b', name: 'b', provider: 'mock', contextLength: undefined, isAvailable: true },
    ];
    const { status, json } = await server.get('/v1/llm/models');
    expect(status).to.equal(200);
    expect(json).to.deep.equal([
      { id: 'a', name: 'Model A', provider: 'acme', context_length: 4096, is_available: false },
      { id: 'b', name: 'b', provider: 'mock', context_length: null, is_available: true },
    ]);
  });

  it('answers 502 or 504 when the models cannot be asked for', async () => {
    for (const [code, status] of [
      ['upstream_unavailable', 502],
      ['upstream_timeout', 504],
    ] as const) {
      gateway.listModels = async () => {
        throw new LlmError(code, { detail: 'canary' });
      };
      const answer = await server.get('/v1/llm/models');
      expectProblem(answer, status, code);
      expect(answer.text).not.to.contain('canary');
    }
  });

  it('answers an error that nobody foresaw with 500, and says nothing of it', async () => {
    gateway.listModels = async () => {
      throw new TypeError('canary of an inner error');
    };
    const answer = await server.get('/v1/llm/models');
    expectProblem(answer, 500, 'internal_error');
    expect(answer.json.detail).to.equal('Internal error');
    expect(answer.text).not.to.contain('canary');
  });

  it('tells that it lives and that it is ready, to everyone', async () => {
    const bare = { headers: { 'X-Internal-Auth': undefined } };
    const health = await server.call({ path: '/health', ...bare });
    expect(health.status).to.equal(200);
    expect(health.json).to.deep.equal({ status: 'healthy', service: 'agent-runtime', version: '0.1.0' });
    const ready = await server.call({ path: '/health/ready', ...bare });
    expect(ready.status).to.equal(200);
    expect(ready.json).to.deep.equal({ status: 'ready' });
  });
});
