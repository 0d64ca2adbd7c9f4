import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { CircuitBreaker } from '../../../../src/adapters/outbound/llm/circuit-breaker.js';
import { LlmError, type LlmErrorCode } from '../../../../src/domain/errors.js';

describe('CircuitBreaker', () => {
  let clock: SinonFakeTimers;
  let heard: string[];
  let breaker: CircuitBreaker;
  let calls: number;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['Date', 'performance'] });
    heard = [];
    calls = 0;
    breaker = new CircuitBreaker({ opened: () => heard.push('opened'), closed: () => heard.push('closed') });
  });
  afterEach(() => clock.restore());

  /** What came of each. */
  async function call(times: number, failure?: Error): Promise<readonly string[]> {
    const outcomes: string[] = [];
    for (let count = 0; count < times; count += 1) outcomes.push(await outcome(failure));
    return outcomes;
  }

  async function outcome(failure: Error | undefined): Promise<string> {
    const before = calls;
    try {
      return await breaker.call(async () => {
        calls += 1;
        if (failure !== undefined) throw failure;
        return 'ok';
      });
    } catch (error) {
      return calls === before ? 'refused' : String(error === failure);
    }
  }

  const down = new LlmError('upstream_unavailable');

  it('passes on what a call gives and what it throws', async () => {
    expect(await call(1)).to.deep.equal(['ok']);
    expect(await call(1, down)).to.deep.equal(['true']);
  });

  it('opens when 20 calls were made and half of them failed, and not sooner', async () => {
    await call(10);
    await call(9, down);
    expect(breaker.isOpen).to.equal(false);
    await call(1, down);
    expect(breaker.isOpen).to.equal(true);
    expect(await call(3)).to.deep.equal(['refused', 'refused', 'refused']);
    expect(heard).to.deep.equal(['opened']);
  });

  it('says upstream_unavailable where it lets no call through', async () => {
    await call(20, down);
    const refused = await breaker.call(async () => 'ok').catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(LlmError).and.to.include({ code: 'upstream_unavailable', retryable: true });
  });

  it('does not open on failures that are more than 30 s apart', async () => {
    await call(19, down);
    clock.tick(30_000);
    await call(19, down);
    expect(breaker.isOpen).to.equal(false);
  });

  const alive: LlmErrorCode[] = [
    'upstream_rate_limited',
    'upstream_unauthorized',
    'upstream_unknown_model',
    'upstream_quota_exceeded',
    'upstream_too_long',
    'upstream_content_refused',
    'upstream_rejected',
    'upstream_empty',
    'upstream_protocol',
  ];
  for (const code of alive) {
    it(`does not open on ${code}: the upstream is there`, async () => {
      await call(100, new LlmError(code));
      expect(breaker.isOpen).to.equal(false);
    });
  }

  it('does not open on calls that were cancelled', async () => {
    await call(100, new Error('cancelled'));
    expect(breaker.isOpen).to.equal(false);
  });

  it('lets two calls try after 10 s, and closes when both succeed', async () => {
    await call(20, down);
    clock.tick(9999);
    expect(await call(1)).to.deep.equal(['refused']);
    clock.tick(1);
    const trial = Promise.withResolvers<string>();
    const tried = breaker.call(() => trial.promise);
    expect(await call(3)).to.deep.equal(['ok', 'refused', 'refused']);
    trial.resolve('back');
    expect(await tried).to.equal('back');
    expect(await call(2)).to.deep.equal(['ok', 'ok']);
    expect(heard).to.deep.equal(['opened', 'closed']);
  });

  it('counts anew after it has closed', async () => {
    await call(20, down);
    clock.tick(10_000);
    // The two trials count for one.
    await call(20);
    await call(18, down);
    expect(breaker.isOpen).to.equal(false);
    await call(1, down);
    expect(breaker.isOpen).to.equal(true);
  });

  for (const [what, failure] of [
    ['fails', down],
    ['is cancelled', new Error('cancelled')],
  ] as const) {
    it(`stays open for 10 s more when the trial ${what}`, async () => {
      await call(20, down);
      clock.tick(10_000);
      await call(1, failure);
      clock.tick(9999);
      expect(await call(1)).to.deep.equal(['refused']);
      clock.tick(1);
      expect(await call(1)).to.deep.equal(['ok']);
    });
  }
});
