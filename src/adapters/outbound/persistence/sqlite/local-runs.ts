import type { RunEvent } from '../../../../domain/run-event.js';
import type { JournalFeed } from '../journal-feed.js';
import type { StopWatch } from '../stop-watch.js';
import type { HeldLeases } from './held-leases.js';

/** What in this process waits for news of runs. It is told once they are stored; nobody else can write to the file. */
export class LocalRuns {
  constructor(
    readonly feed: JournalFeed,
    readonly stops: StopWatch,
    readonly leases: HeldLeases,
  ) {}

  /** This process writes the run. */
  takeUp(runId: string): void {
    this.leases.hold(runId);
    this.feed.writes(runId);
  }

  /** Nobody writes it until it is claimed, if it has not ended. */
  letGo(runId: string): void {
    this.leases.letGo(runId);
    this.feed.writesNoMore(runId);
  }

  /** `events` are those that ended it. */
  end(runId: string, events: readonly RunEvent[]): void {
    this.feed.appended(runId, events);
    this.letGo(runId);
  }

  /** Nobody is told any more. */
  close(): void {
    this.feed.close();
    this.stops.close();
  }
}
