import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { RetryBudget } from '../../../../src/adapters/outbound/llm/retry-budget.js';

describe('RetryBudget', () => {
  let clock: SinonFakeTimers;
  let budget: RetryBudget;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['performance'] });
    budget = new RetryBudget();
  });
  afterEach(() => clock.restore());

  function request(times: number): void {
    for (let count = 0; count < times; count += 1) budget.countRequest();
  }

  /** How many retries of so many that were wanted. */
  function spent(wanted: number): number {
    return Array.from({ length: wanted }, () => budget.spend()).filter(Boolean).length;
  }

  it('has ten retries in ten seconds, however few requests there are', () => {
    request(1);
    expect(spent(100)).to.equal(10);
  });

  it('has a fifth of the requests where they are many', () => {
    request(1000);
    expect(spent(1000)).to.equal(200);
  });

  it('is full again ten seconds after it was spent, and not sooner', () => {
    expect(spent(10)).to.equal(10);
    clock.tick(9000);
    expect(spent(1)).to.equal(0);
    clock.tick(1000);
    expect(spent(100)).to.equal(10);
  });

  it('forgets requests that are older than ten seconds', () => {
    request(1000);
    clock.tick(10_000);
    expect(spent(100)).to.equal(10);
  });
});
