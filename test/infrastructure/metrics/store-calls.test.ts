import { expect } from 'chai';
import { LeaseLost, StoreUnavailable } from '../../../src/domain/errors.js';
import { Metrics } from '../../../src/infrastructure/metrics/metrics.js';
import { StoreCalls } from '../../../src/infrastructure/metrics/store-calls.js';
import { errorOf } from '../../support/builders.js';
import { samplesOf } from '../../support/metric-samples.js';

describe('StoreCalls', () => {
  it('gives and throws what the call does, and counts as failed only what found the store away', async () => {
    const metrics = new Metrics();
    const calls = new StoreCalls(metrics);
    expect(await calls.timed('append', Promise.resolve('kept'))).to.equal('kept');
    for (const error of [new StoreUnavailable(), new LeaseLost('run1')]) {
      expect(await errorOf(calls.timed('append', Promise.reject(error)))).to.equal(error);
    }
    const samples = samplesOf(await metrics.render());
    expect(samples.get('agent_runtime_store_call_seconds_count{operation="append"}')).to.equal(3);
    expect(samples.get('agent_runtime_store_calls_failed_total{operation="append"}')).to.equal(1);
  });
});
