import type { RunEvent } from '../../../../domain/run-event.js';
import type { JournalFeed } from '../journal-feed.js';
import type { StopWatch } from '../stop-watch.js';
import type { NewsReaction } from './news-listener.js';
import type { NewsSender } from './news-sender.js';

/** Tells those who wait, here and in other processes, what has become of a run. Only what is stored is news. */
export class RunNews implements NewsReaction {
  constructor(
    private readonly feed: JournalFeed,
    private readonly stopWatch: StopWatch,
    private readonly sender: NewsSender,
  ) {}

  /** This process has the lease. */
  writes(runId: string): void {
    this.feed.writes(runId);
  }

  /** It has it no longer. */
  writesNoMore(runId: string): void {
    this.feed.writesNoMore(runId);
  }

  appended(runId: string, events: readonly RunEvent[]): void {
    if (events.length === 0) return;
    this.feed.appended(runId, events);
    this.sender.journalGrew(runId);
  }

  ended(runId: string, events: readonly RunEvent[]): void {
    this.appended(runId, events);
    this.feed.writesNoMore(runId);
  }

  stopAsked(runId: string): void {
    this.stopWatch.asked(runId);
    this.sender.stopAsked(runId);
  }

  /** It had not ended before. */
  deleted(runId: string, events: readonly RunEvent[]): void {
    this.ended(runId, events);
    this.stopAsked(runId);
  }

  /** Said by another process. */
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
