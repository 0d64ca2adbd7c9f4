import type { Run, RunLease } from '../../domain/run.js';

/** Who writes which run. A lease is given with the turn (`accept`, `end`) or by a claim, lasts for the time the store was
 *  opened with, by the store's own clock, and is renewed while its run is written. */
export interface RunLeases {
  /** Makes these leases last from now on for their whole time, also one that is over but that nobody claimed.
   *  Returns those that are lost: claimed by another process, or their run has ended or is gone. */
  renew(leases: readonly RunLease[]): Promise<readonly RunLease[]>;

  /** Does what is due: ends turns whose calls have waited for their time, and takes up runs that nobody writes: those whose lease is over, and those handed over; at most `limit`. Each is given to one
   *  caller only, with the next epoch, so that whoever wrote it before is turned away from then on. */
  claimOrphans(limit: number): Promise<readonly Run[]>;

  /** This process writes with this lease no more, however that came about: whoever reads the run here is given what others
   *  write from now on. Returns at once and never throws. */
  letGo(lease: RunLease): void;
}
