import type { RunLeases } from '../../application/ports/run-leases.js';
import type { Run, RunLease } from '../../domain/run.js';
import type { Metrics } from './metrics.js';
import { StoreCalls } from './store-calls.js';

/** Any leases, with their calls timed. */
export class MeteredRunLeases implements RunLeases {
  private readonly calls: StoreCalls;

  constructor(
    private readonly leases: RunLeases,
    metrics: Metrics,
  ) {
    this.calls = new StoreCalls(metrics);
  }

  renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    return this.calls.timed('renew', this.leases.renew(leases));
  }

  claimOrphans(limit: number): Promise<readonly Run[]> {
    return this.calls.timed('claim_orphans', this.leases.claimOrphans(limit));
  }

  letGo(lease: RunLease): void {
    this.leases.letGo(lease);
  }
}
