import type { TakeEvents } from '../../../application/ports/run-journal.js';
import type { RunEvent } from '../../../domain/run-event.js';
import { FeedReading, FollowedRun } from './feed-reading.js';

const POLL_MILLISECONDS = 2000;

export interface JournalPage {
  /** The events after a position, oldest first, within the bounds of a batch. Empty when there are none yet. */
  readonly events: readonly RunEvent[];
  /** The run has ended, and the store has all of its events already. */
  readonly ended: boolean;
}

export interface JournalSource {
  /** Throws RunNotFound, ResumeExpired, StoreUnavailable. */
  page(runId: string, after: number): Promise<JournalPage>;
  /** Asks the source to call `changed` when another process writes to this run, until `unfollow`. */
  follow?(runId: string): void;
  unfollow?(runId: string): void;
}

/** Feeds the readers of this process from a journal that is kept elsewhere. The feed hands over directly what this
 *  process writes. It fetches what other processes write, when it is told or at the next poll. It never relies on
 *  being the only writer, since a lease can be lost unnoticed. */
export class JournalFeed {
  private readonly followed = new Map<string, FollowedRun>();
  /** By run, the number of the last event; undefined where this process does not know it. */
  private readonly writtenHere = new Map<string, number | undefined>();
  private readonly poll: NodeJS.Timeout;

  constructor(private readonly source: JournalSource) {
    this.poll = setInterval(() => {
      for (const run of this.followed.values()) run.poll();
    }, POLL_MILLISECONDS).unref();
  }

  /** The runs that have readers here. */
  get followedRuns(): readonly string[] {
    return [...this.followed.keys()];
  }

  close(): void {
    clearInterval(this.poll);
  }

  /** This process is the first one to hold the lease, so nothing is written yet. */
  begins(runId: string): void {
    this.writtenHere.set(runId, 0);
    this.unfollow(this.followed.get(runId), runId);
  }

  /** This process holds the lease, as far as it knows. Nobody needs to tell it what it writes itself. */
  writes(runId: string): void {
    this.writtenHere.set(runId, this.writtenHere.get(runId));
    this.unfollow(this.followed.get(runId), runId);
  }

  /** Whether this process holds the lease, as far as it knows. */
  isWrittenHere(runId: string): boolean {
    return this.writtenHere.has(runId);
  }

  /** This process has lost the lease, or the run has ended. */
  writesNoMore(runId: string): void {
    const run = this.followed.get(runId);
    if (!this.writtenHere.delete(runId) || run === undefined) return;
    this.follow(run, runId);
    run.change();
  }

  /** This process has kept these events behind the ones before. */
  appended(runId: string, events: readonly RunEvent[]): void {
    const last = events.at(-1)?.sequence;
    if (last !== undefined && this.writtenHere.has(runId)) this.writtenHere.set(runId, last);
    this.followed.get(runId)?.append(events);
  }

  /** The run may have new events. */
  changed(runId: string): void {
    this.followed.get(runId)?.change();
  }

  /** The store may have lost news, of any run. */
  changedAll(): void {
    for (const [runId, run] of this.followed) if (!this.writtenHere.has(runId)) run.change();
  }

  /** As `RunJournal.read` promises it. */
  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    const run = this.enter(runId);
    const isUpToDate = after >= (this.writtenHere.get(runId) ?? Number.POSITIVE_INFINITY);
    const reading = new FeedReading(run, (position) => this.source.page(runId, position), after, isUpToDate);
    try {
      await reading.handOver(signal, take);
    } finally {
      this.leave(run, runId);
    }
  }

  private enter(runId: string): FollowedRun {
    let run = this.followed.get(runId);
    if (run === undefined) {
      run = new FollowedRun();
      this.followed.set(runId, run);
      if (!this.writtenHere.has(runId)) this.follow(run, runId);
    }
    run.readers += 1;
    return run;
  }

  private leave(run: FollowedRun, runId: string): void {
    run.readers -= 1;
    if (run.readers > 0) return;
    this.followed.delete(runId);
    this.unfollow(run, runId);
  }

  /** Nothing is ever told of a run that has ended. */
  private follow(run: FollowedRun, runId: string): void {
    if (run.isOver) return;
    run.hasNews = true;
    this.source.follow?.(runId);
  }

  private unfollow(run: FollowedRun | undefined, runId: string): void {
    if (run?.hasNews !== true) return;
    run.hasNews = false;
    this.source.unfollow?.(runId);
  }
}
