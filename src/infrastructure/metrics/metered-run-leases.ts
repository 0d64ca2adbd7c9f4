import type { RunLeases } from '../../application/ports/run-leases.js';
import type { Run, RunLease } from '../../domain/run.js';
import type { Metrics } from './metrics.js';
import { StoreCalls } from './store-calls.js';

/** Any leases, with their calls timed and those that were lost counted. */
export class MeteredRunLeases implements RunLeases {
  private readonly calls: StoreCalls;

  constructor(
    private readonly leases: RunLeases,
    private readonly metrics: Metrics,
  ) {
    this.calls = new StoreCalls(metrics);
  }

  async renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    const lost = await this.calls.timed('renew', this.leases.renew(leases));
    this.metrics.leasesLost.inc(lost.length);
    return lost;
  }

  claimOrphans(limit: number): Promise<readonly Run[]> {
    return this.calls.timed('claim_orphans', this.leases.claimOrphans(limit));
  }
}
