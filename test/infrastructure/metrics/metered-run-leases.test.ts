import { expect } from 'chai';
import type { RunLeases } from '../../../src/application/ports/run-leases.js';
import { MeteredRunLeases } from '../../../src/infrastructure/metrics/metered-run-leases.js';
import { Metrics } from '../../../src/infrastructure/metrics/metrics.js';
import { aLease, aRun } from '../../support/builders.js';
import { samplesOf } from '../../support/metric-samples.js';

describe('MeteredRunLeases', () => {
  it('passes everything on, and times the calls', async () => {
    const metrics = new Metrics();
    const orphan = aRun({ id: 'orphan' });
    const left: string[] = [];
    const inner: RunLeases = {
      renew: async (leases) => leases.slice(1),
      claimOrphans: async () => [orphan],
      letGo: ({ id }) => void left.push(id),
    };
    const leases = new MeteredRunLeases(inner, metrics);
    const lost = await leases.renew(['one', 'two', 'three'].map((id) => aLease(id)));
    expect(lost.map(({ id }) => id)).to.deep.equal(['two', 'three']);
    expect(await leases.claimOrphans(1)).to.deep.equal([orphan]);
    leases.letGo(aLease('two'));
    expect(left).to.deep.equal(['two']);
    const samples = samplesOf(await metrics.render());
    expect(samples.get('agent_runtime_store_call_seconds_count{operation="claim_orphans"}')).to.equal(1);
  });
});
