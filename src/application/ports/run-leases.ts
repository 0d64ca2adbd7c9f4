import type { Run, RunLease } from '../../domain/run.js';

/** Who writes which run. A process gets a lease with the turn (`accept`, `end`) or by a claim, and renews it while it
 *  writes. A lease lasts for the time that the store was opened with, by the store's own clock. */
export interface RunLeases {
  /** From now on these leases last for their whole time. That holds also for one that is over, as long as nobody has
   *  claimed it. Returns those that are lost: another process has claimed them, or their run has ended or is gone. */
  renew(leases: readonly RunLease[]): Promise<readonly RunLease[]>;

  /** Does what is due. It ends turns whose calls have waited for their time. It takes up runs that nobody writes, at
   *  most `limit`: those whose lease is over, and those that were handed over. One caller alone gets such a run, with
   *  the next epoch. So whoever wrote it before is turned away from then on. */
  claimOrphans(limit: number): Promise<readonly Run[]>;

  /** This process writes with this lease no more, for whatever reason. From now on, readers of the run here are given
   *  what others write. Returns at once and never throws. */
  letGo(lease: RunLease): void;
}
