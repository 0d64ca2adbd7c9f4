import { pause } from '../../../application/patience.js';
import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS, type TakeEvents } from '../../../application/ports/run-journal.js';
import { StoreUnavailable } from '../../../domain/errors.js';
import { charactersIn, type RunEvent } from '../../../domain/run-event.js';
import type { JournalPage } from './journal-feed.js';
import { Wakeup } from './wakeup.js';

const RETRY_MILLISECONDS = 500;

/** A run, as far as its readers in this process share it. */
export class FollowedRun {
  readers = 0;
  /** Counts the moments at which another process may have written. A reader that saw the same count need not look. */
  changes = 0;
  /** The number of the last event that this process wrote. */
  last = 0;
  readonly changed = new Wakeup();
  /** This process has written its ending. */
  isOver = false;
  /** The source tells of what others write to it. */
  hasNews = false;
  /** Whether this process has written since the last poll. */
  private hasGrown = false;
  /** What this process wrote last, as one array. Readers that are up to date share the array, and the frames that
   *  are made of it. */
  private latest: readonly RunEvent[] = [];

  latestAfter(position: number): readonly RunEvent[] {
    return this.latest[0]?.sequence === position + 1 ? this.latest : [];
  }

  append(events: readonly RunEvent[]): void {
    this.last = events.at(-1)?.sequence ?? this.last;
    this.isOver = events.at(-1)?.type === 'run-end';
    this.hasGrown = true;
    this.latest = isSmall(events) ? events : [];
    this.changed.wakeAll();
  }

  change(): void {
    this.changes += 1;
    this.changed.wakeAll();
  }

  /** Makes readers look into the store, unless this process has just written. Another process may take over the run
   *  without telling anybody. */
  poll(): void {
    if (!this.hasGrown) this.change();
    this.hasGrown = false;
  }
}

/** One reader on its way through a run. */
export class FeedReading {
  /** The count of changes when the store last had nothing new. */
  private changesSeen: number | undefined;
  private hasLooked: boolean;

  constructor(
    private readonly run: FollowedRun,
    private readonly fetchPage: (after: number) => Promise<JournalPage>,
    private position: number,
    /** It is known without a look that the store has nothing new. */
    isUpToDate: boolean,
  ) {
    this.hasLooked = isUpToDate;
    if (isUpToDate) this.changesSeen = run.changes;
  }

  /** Hands over events until the run ends or `signal` aborts. */
  async handOver(signal: AbortSignal, take: TakeEvents): Promise<void> {
    while (!signal.aborted) {
      const batch = await this.next(signal);
      if (batch === undefined) return;
      if (batch.length > 0) await take(batch);
      if (batch.at(-1)?.type === 'run-end') return;
    }
  }

  /** Returns the next events, none when the caller is to ask again, and undefined at the end. */
  private async next(signal: AbortSignal): Promise<readonly RunEvent[] | undefined> {
    const handedOver = this.run.latestAfter(this.position);
    if (handedOver.length > 0) return this.take(handedOver);
    if (this.changesSeen === this.run.changes && this.position >= this.run.last) {
      await this.run.changed.wait(signal);
      return [];
    }
    return this.fetch(signal);
  }

  private async fetch(signal: AbortSignal): Promise<readonly RunEvent[] | undefined> {
    const { changes } = this.run;
    const page = await this.page(signal);
    if (page === undefined) return [];
    if (page.events.length > 0) return this.take(page.events);
    this.changesSeen = changes;
    return page.ended ? undefined : [];
  }

  /** Only the first look may fail. A reader that has begun waits until the store is back. */
  private async page(signal: AbortSignal): Promise<JournalPage | undefined> {
    try {
      const page = await this.fetchPage(this.position);
      this.hasLooked = true;
      return page;
    } catch (error) {
      if (!this.hasLooked || !(error instanceof StoreUnavailable)) throw error;
      await pause(RETRY_MILLISECONDS, signal);
      return undefined;
    }
  }

  private take(events: readonly RunEvent[]): readonly RunEvent[] {
    this.position += events.length;
    return events;
  }
}

function isSmall(events: readonly RunEvent[]): boolean {
  let characters = 0;
  for (const event of events.slice(0, -1)) characters += charactersIn(event);
  return events.length <= MAX_BATCH_EVENTS && characters < MAX_BATCH_CHARACTERS;
}
