import type { RunLeases } from '../../../../application/ports/run-leases.js';
import { type Run, type RunLease, takeUp } from '../../../../domain/run.js';
import type { LocalRuns } from './local-runs.js';
import type { RunRows } from './run-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** The file holds the epochs, this process the times: when it ends, in whatever way, all its leases are over. */
export class SqliteRunLeases implements RunLeases {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly runs: RunRows,
    private readonly local: LocalRuns,
  ) {}

  async renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    const lost = new Set(this.database.read(() => leases.filter((lease) => !this.runs.isWrittenBy(lease))));
    for (const lease of leases) if (!lost.has(lease)) this.local.leases.hold(lease.id);
    return [...lost];
  }

  async claimOrphans(limit: number): Promise<readonly Run[]> {
    const claimed = this.database.write(() =>
      this.orphans()
        .slice(0, limit)
        .map((runId) => this.claim(runId)),
    );
    for (const { id } of claimed) this.local.takeUp(id);
    return claimed;
  }

  letGo({ id }: RunLease): void {
    this.local.letGo(id);
  }

  private orphans(): readonly string[] {
    return this.runs.runningIds().filter((runId) => !this.local.leases.isHeld(runId));
  }

  private claim(runId: string): Run {
    const claimed = takeUp(this.runs.get(runId).run);
    this.runs.save(claimed);
    return claimed;
  }
}
