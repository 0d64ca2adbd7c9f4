import type { Clock } from '../../../../application/ports/clock.js';
import type { RunLeases } from '../../../../application/ports/run-leases.js';
import type { Run, RunLease } from '../../../../domain/run.js';
import type { MemoryRecords } from './memory-records.js';

export class MemoryRunLeases implements RunLeases {
  constructor(
    private readonly records: MemoryRecords,
    private readonly clock: Clock,
  ) {}

  async renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    return leases.filter((lease) => !this.renewOne(lease));
  }

  async claimOrphans(limit: number): Promise<readonly Run[]> {
    const orphans = this.records.orphans(this.now()).slice(0, limit);
    for (const record of orphans) this.records.takeUp(record, this.now());
    return orphans.map(({ run }) => run);
  }

  /** Whoever reads looks at the same records. */
  letGo(): void {}

  private renewOne({ id, epoch }: RunLease): boolean {
    const record = this.records.findRun(id);
    if (epoch === 0 || record?.run.status !== 'running' || record.run.epoch !== epoch) return false;
    this.records.lease(record, this.now());
    return true;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
