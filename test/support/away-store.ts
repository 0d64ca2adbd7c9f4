import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { StoreUnavailable } from '../../src/domain/errors.js';

type Write = 'append' | 'end' | 'claimOrphans';

/** A store that can be away: its calls fail, in turn before they are made and with their answer lost. */
export class AwayStore {
  readonly store: Store;
  private readonly left = new Map<Write, number>();

  constructor(inner: Store) {
    const { sessions, runs, journal, leases } = inner;
    this.store = {
      ...inner,
      sessions,
      journal: {
        append: (lease, chunks, signal) => this.call('append', () => journal.append(lease, chunks, signal)),
        position: (runId) => journal.position(runId),
        read: (runId, after, signal) => journal.read(runId, after, signal),
      },
      runs: {
        find: (runId) => runs.find(runId),
        begin: (lease) => runs.begin(lease),
        end: (lease, reply) => this.callUnmade('end', () => runs.end(lease, reply)),
        requestStop: (runId, cause, at) => runs.requestStop(runId, cause, at),
        stopRequest: (runId, signal) => runs.stopRequest(runId, signal),
      },
      leases: {
        renew: (lost) => leases.renew(lost),
        claimOrphans: (limit) => this.callUnmade('claimOrphans', () => leases.claimOrphans(limit)),
      },
    };
  }

  /** The next so many calls of each of these fail. */
  leave(writes: readonly Write[], times: number): void {
    for (const write of writes) this.left.set(write, times);
  }

  private async call<Result>(write: Write, act: () => Promise<Result>): Promise<Result> {
    const left = this.left.get(write) ?? 0;
    if (left <= 0) return act();
    this.left.set(write, left - 1);
    if (left % 2 === 1 && Number.isFinite(left)) await act();
    throw new StoreUnavailable();
  }

  private async callUnmade<Result>(write: Write, act: () => Promise<Result>): Promise<Result> {
    const left = this.left.get(write) ?? 0;
    if (left <= 0) return act();
    this.left.set(write, left - 1);
    throw new StoreUnavailable();
  }
}
