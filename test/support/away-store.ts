import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { StoreUnavailable } from '../../src/domain/errors.js';

type Write = 'append' | 'beginAttempt' | 'end' | 'claimOrphans';

/** A store that can be away: its calls fail before they are made, or are made and their answer is lost. */
export class AwayStore {
  readonly store: Store;
  private readonly unmade = new Map<Write, number>();
  private readonly unanswered = new Map<Write, number>();

  constructor(inner: Store) {
    const { sessions, runs, journal, leases } = inner;
    this.store = {
      ...inner,
      sessions,
      journal: {
        append: (lease, chunks, signal) => this.call('append', async () => journal.append(lease, chunks, signal)),
        position: (runId) => journal.position(runId),
        read: (runId, after, signal, take) => journal.read(runId, after, signal, take),
      },
      runs: {
        find: (runId) => runs.find(runId),
        beginAttempt: (lease, attempt) => this.call('beginAttempt', () => runs.beginAttempt(lease, attempt)),
        keepResults: (lease, results) => runs.keepResults(lease, results),
        end: (lease, reply) => this.call('end', () => runs.end(lease, reply)),
        askToStop: (runId, cause, at) => runs.askToStop(runId, cause, at),
        forget: (runId) => runs.forget(runId),
        untilStopped: (lease, signal) => runs.untilStopped(lease, signal),
      },
      leases: {
        renew: (lost) => leases.renew(lost),
        claimOrphans: (limit) => this.call('claimOrphans', () => leases.claimOrphans(limit)),
        letGo: (lease) => leases.letGo(lease),
      },
    };
  }

  /** The next so many calls of each of these are not made. */
  leave(writes: readonly Write[], times: number): void {
    for (const write of writes) this.unmade.set(write, times);
  }

  /** The next so many of those that are made get no answer. */
  loseAnswers(writes: readonly Write[], times: number): void {
    for (const write of writes) this.unanswered.set(write, times);
  }

  private async call<Result>(write: Write, act: () => Promise<Result>): Promise<Result> {
    if (takeOne(this.unmade, write)) throw new StoreUnavailable();
    const result = await act();
    if (takeOne(this.unanswered, write)) throw new StoreUnavailable();
    return result;
  }
}

function takeOne(left: Map<Write, number>, write: Write): boolean {
  const count = left.get(write) ?? 0;
  left.set(write, count - 1);
  return count > 0;
}
