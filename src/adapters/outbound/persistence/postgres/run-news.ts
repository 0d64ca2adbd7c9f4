import type { RunEvent } from '../../../../domain/run-event.js';
import type { AskedRun, JournalEnding } from '../../../../domain/session-change.js';
import type { JournalFeed } from '../journal-feed.js';
import type { StopWatch } from '../stop-watch.js';
import type { NewsReaction } from './news-listener.js';
import type { NewsSender } from './news-sender.js';

/** Tells readers and writers, here and in other processes, what has become of a run. It tells only what is stored. */
export class RunNews implements NewsReaction {
  constructor(
    private readonly feed: JournalFeed,
    private readonly stopWatch: StopWatch,
    private readonly sender: NewsSender,
    private readonly processId: string,
  ) {}

  /** This process holds the lease. */
  begins(runId: string): void {
    this.feed.begins(runId);
  }

  /** This process has lost the lease. */
  writesNoMore(runId: string): void {
    this.feed.writesNoMore(runId);
  }

  appended(runId: string, events: readonly RunEvent[]): void {
    if (events.length === 0) return;
    this.feed.appended(runId, events);
    this.sender.journalGrew(runId);
  }

  /** The journal has come to its end. */
  closed({ runId, after, events }: JournalEnding): void {
    if (after !== undefined) this.feed.appended(runId, events);
    else this.feed.changed(runId);
    this.sender.journalGrew(runId);
    this.feed.writesNoMore(runId);
  }

  /** Tells the process that writes the run. This process needs no news from itself. */
  stopAsked({ id, writer }: AskedRun): void {
    if (writer !== undefined && writer !== this.processId) this.sender.stopAsked(id);
  }

  /** Another process said so. */
  journalGrewElsewhere(runId: string): void {
    this.feed.changed(runId);
  }

  stopAskedElsewhere(runId: string): void {
    this.stopWatch.asked(runId);
  }

  missedSome(): void {
    this.feed.changedAll();
    this.stopWatch.askedAny();
  }
}
