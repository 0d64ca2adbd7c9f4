import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { RuntimeServer } from '../support/runtime-server.js';
import type { SseClient } from '../support/sse-client.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';

const { role, text, finish, done } = completionStream;
const EVENT_STREAM = { 'Content-Type': 'text/event-stream' };

describe('a model that fails', () => {
  let upstream: ScriptedUpstream;
  let server: RuntimeServer;

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
    const own = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
    server = await RuntimeServer.start({ settings: own });
  });
  afterEach(async () => {
    await server.close();
    await upstream.close();
  });

  /** The first answers, one for each request; then the last for ever. */
  function answers(...given: readonly UpstreamAnswer[]): void {
    upstream.answer = () => given[Math.min(upstream.requests.length, given.length) - 1] ?? {};
  }

  const sentence = (...writes: readonly string[]): UpstreamAnswer => ({
    headers: EVENT_STREAM,
    steps: writes.map((bytes) => ({ type: 'write', bytes })),
  });
  const whole = sentence(role, text('Hello'), finish('stop'), done);

  async function ended(): Promise<{ stream: SseClient; attempts: unknown; milliseconds: number }> {
    const begunAt = performance.now();
    const stream = await (await server.send()).ended();
    const milliseconds = performance.now() - begunAt;
    const { json } = await server.get(`/agent/runs/${stream.runId}`);
    return { stream, attempts: json.attempts, milliseconds };
  }

  const FAILURES: readonly (readonly [what: string, answer: UpstreamAnswer])[] = [
    ['is not there', { before: [{ type: 'reset' }] }],
    ['has no room', { status: 503 }],
    ['stands behind a gateway that cannot reach it', { status: 502 }],
    ['stands behind a gateway that will not wait', { status: 504 }],
    ['is overloaded', { status: 529 }],
    ['took too long', { status: 408 }],
    ['is of two minds', { status: 409 }],
    ['gets too many requests', { status: 429, headers: { 'Retry-After': '0' } }],
    ['breaks off before its first word', sentence(role)],
    ['reports an error before its first word', sentence(completionStream.error('no'))],
  ];
  for (const [what, failure] of FAILURES) {
    it(`is asked again when it ${what}, and the client sees one answer`, async () => {
      answers(failure, whole);
      const { stream, attempts } = await ended();
      expect([stream.text, stream.finishReason, attempts]).to.deep.equal(['Hello', 'stop', 2]);
      expect(upstream.requests).to.have.lengthOf(2);
      expect(upstream.requests[1]?.body).to.equal(upstream.requests[0]?.body);
    });
  }

  it('is asked three times at most', async () => {
    answers({ status: 500 });
    const { stream, attempts } = await ended();
    expect([stream.finishReason, attempts, upstream.requests.length]).to.deep.equal(['error', 3, 3]);
    expect(stream.payloads[0]).to.include({ type: 'error', code: 'upstream_unavailable', retryable: true });
  });

  it('is left alone as long as it wishes', async () => {
    answers({ status: 429, headers: { 'Retry-After': '1' } }, whole);
    const { stream, milliseconds } = await ended();
    expect(stream.text).to.equal('Hello');
    expect(milliseconds).to.be.at.least(990);
  });

  it('is not waited for when it wishes to be left alone for longer than half a minute', async () => {
    answers({ status: 429, headers: { 'Retry-After': '31' } }, whole);
    const { stream, attempts } = await ended();
    expect([attempts, upstream.requests.length]).to.deep.equal([1, 1]);
    expect(stream.payloads[0]).to.include({ type: 'error', code: 'upstream_rate_limited' });
  });

  it('is not asked again when it refuses, nor after its first word', async () => {
    answers({ status: 400 }, sentence(text('Hel')));
    const refused = await ended();
    expect([refused.stream.finishReason, refused.attempts]).to.deep.equal(['error', 1]);
    const cut = await ended();
    expect([cut.stream.text, cut.stream.finishReason, cut.attempts]).to.deep.equal(['Hel', 'error', 1]);
    expect(upstream.requests).to.have.lengthOf(2);
  });

  it('is not called any more when it failed 20 times, until it had 10 s to recover', async () => {
    answers({ status: 500 });
    const broken = Array.from({ length: 20 }, async (_, index) => {
      const stream = await server.send({ session_id: `session${index}` });
      return (await stream.ended()).finishReason;
    });
    expect(new Set(await Promise.all(broken))).to.deep.equal(new Set(['error']));
    const calls = upstream.requests.length;
    expect(calls).to.be.within(20, 30);
    const { stream, attempts } = await ended();
    expect([stream.finishReason, attempts]).to.deep.equal(['error', 1]);
    expect(stream.payloads[0]).to.include({ code: 'upstream_unavailable', retryable: true });
    expect(upstream.requests).to.have.lengthOf(calls);
  });

  it('stops being asked when the run is cancelled between two attempts', async () => {
    answers({ status: 503, headers: { 'Retry-After': '20' } }, whole);
    const stream = await server.send();
    await upstream.nextRequest();
    await server.post(`/agent/runs/${stream.runId}/cancel`);
    expect((await stream.ended()).finishReason).to.equal('cancelled');
    expect(upstream.requests).to.have.lengthOf(1);
  });
});
