import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { CircuitBreaker } from '../../../../src/adapters/outbound/llm/circuit-breaker.js';
import { MockGateway } from '../../../../src/adapters/outbound/llm/mock/mock-gateway.js';
import { RetryBudget } from '../../../../src/adapters/outbound/llm/retry-budget.js';
import { RetryingGateway } from '../../../../src/adapters/outbound/llm/retrying-gateway.js';
import type { CompletionPart, LlmGateway } from '../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../src/domain/errors.js';
import { NEVER } from '../../../support/builders.js';
import { CALLING, PING } from '../../../support/calling.js';
import { GatedGateway } from '../../../support/gated-gateway.js';
import { answerOf } from '../../../support/pulled.js';
import { until } from '../../../support/until.js';

const DOWN = new LlmError('upstream_unavailable');
const USAGE = { inputTokens: 1, outputTokens: 0, totalTokens: 1 };

describe('RetryingGateway', () => {
  let upstream: GatedGateway;
  let gateway: RetryingGateway;

  beforeEach(() => {
    upstream = new GatedGateway();
    gateway = retrying(upstream);
  });

  function retrying(inner: LlmGateway): RetryingGateway {
    const breaker = new CircuitBreaker({ opened() {}, closed() {} });
    return new RetryingGateway(inner, breaker, new RetryBudget(), 2, () => 0);
  }

  /** All parts, and what ended them. */
  async function read(signal: AbortSignal = NEVER): Promise<{ parts: CompletionPart[]; failure: unknown }> {
    const parts: CompletionPart[] = [];
    try {
      for await (const batch of answerOf(gateway, [], signal, { tools: [PING] })) parts.push(...batch);
      return { parts, failure: undefined };
    } catch (failure) {
      return { parts, failure };
    }
  }

  function typesOf(parts: readonly CompletionPart[]): string {
    return parts.map(({ type }) => type).join(' ');
  }

  it('passes on an answer that does not fail, asked for once', async () => {
    const reading = read();
    (await upstream.call()).say('one', 'two').end();
    expect(typesOf((await reading).parts)).to.equal('text text end');
    expect(upstream.calls).to.have.lengthOf(1);
  });

  it('asks again when the upstream fails before its first text, and says so each time', async () => {
    const reading = read();
    (await upstream.call(1)).fail(DOWN);
    (await upstream.call(2)).send({ type: 'usage', usage: USAGE }).fail(new LlmError('upstream_truncated'));
    (await upstream.call(3)).say('text').end();
    const { parts, failure } = await reading;
    expect(failure).to.equal(undefined);
    expect(typesOf(parts)).to.equal('retry usage retry text end');
  });

  it('asks three times at most, and throws the last failure', async () => {
    const reading = read();
    for (const number of [1, 2]) (await upstream.call(number)).fail(DOWN);
    const last = new LlmError('upstream_rate_limited');
    (await upstream.call(3)).fail(last);
    expect((await reading).failure).to.equal(last);
    expect(upstream.calls).to.have.lengthOf(3);
  });

  it('does not ask again after the first text', async () => {
    const reading = read();
    (await upstream.call()).say('text').fail(DOWN);
    const { parts, failure } = await reading;
    expect(failure).to.equal(DOWN);
    expect(typesOf(parts)).to.equal('text');
  });

  for (const token of [{ type: 'reasoning', text: 'hm' } as const, CALLING]) {
    it(`does not ask again after the first ${token.type}, which a reader may have been shown`, async () => {
      const reading = read();
      (await upstream.call(1)).send(token).fail(DOWN);
      const { parts, failure } = await reading;
      expect(failure).to.equal(DOWN);
      expect(typesOf(parts)).to.equal(token.type);
    });
  }

  it('does not give up on an upstream that fails while it reasons', async () => {
    const breaker = new CircuitBreaker({ opened() {}, closed() {} });
    gateway = new RetryingGateway(upstream, breaker, new RetryBudget(), 0);
    for (let number = 1; number <= 30; number += 1) {
      const reading = read();
      (await upstream.call(number)).send({ type: 'reasoning', text: 'hm' }).fail(new LlmError('upstream_timeout'));
      expect((await reading).failure).to.have.property('code', 'upstream_timeout');
    }
    expect(breaker.isOpen).to.equal(false);
  });

  it('does not ask again for what would come again, nor for what is no failure of the upstream', async () => {
    for (const error of [new LlmError('upstream_rejected'), new Error('a mistake')]) {
      const before = upstream.calls.length;
      const reading = read();
      (await upstream.call(before + 1)).fail(error);
      expect((await reading).failure).to.equal(error);
      expect(upstream.calls).to.have.lengthOf(before + 1);
    }
  });

  it('asks no more once the budget of retries is spent', async () => {
    let calls = 0;
    const failing = new MockGateway(function* () {
      calls += 1;
      yield { type: 'fail', error: DOWN };
    });
    gateway = retrying(failing);
    for (let count = 0; count < 6; count += 1) expect((await read()).failure).to.equal(DOWN);
    expect(calls).to.equal(6 + 10);
  });

  describe('while it waits', () => {
    let clock: SinonFakeTimers;

    beforeEach(() => {
      clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => clock.restore());

    it('leaves the upstream alone as long as it wished', async () => {
      const reading = read();
      (await upstream.call(1)).fail(new LlmError('upstream_rate_limited', { retryAfterMs: 3000 }));
      await clock.tickAsync(2999);
      expect(upstream.calls).to.have.lengthOf(1);
      await clock.tickAsync(1);
      (await upstream.call(2)).say('text').end();
      expect((await reading).failure).to.equal(undefined);
    });

    it('throws the reason of its caller at once when that aborts, and asks no more', async () => {
      const caller = new AbortController();
      const reading = read(caller.signal);
      (await upstream.call(1)).fail(new LlmError('upstream_rate_limited', { retryAfterMs: 3000 }));
      await until(() => clock.countTimers() === 1);
      const reason = new Error('stopped');
      caller.abort(reason);
      expect((await reading).failure).to.equal(reason);
      expect(upstream.calls).to.have.lengthOf(1);
      expect(clock.countTimers()).to.equal(0);
    });
  });
});
