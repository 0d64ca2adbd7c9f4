import { pause } from '../../../../application/patience.js';
import type { Logger } from '../../../../application/ports/logger.js';
import { JournalFeed } from '../journal-feed.js';
import { StopWatch } from '../stop-watch.js';
import { ExpiredRows } from './expired-rows.js';
import { JournalEvents } from './journal-events.js';
import { NewsListener } from './news-listener.js';
import { NewsSender, newsChannels } from './news-sender.js';
import { Opening } from './opening.js';
import type { PostgresDatabase } from './postgres-database.js';
import { PostgresLedger } from './postgres-ledger.js';
import { PostgresPurge } from './postgres-purge.js';
import { RunNews } from './run-news.js';
import type { ServerAccess } from './server-access.js';
import { SharedLooks } from './shared-looks.js';
import type { StoreOptions } from './store-options.js';

const CLOSE_MILLISECONDS = 1500;

/** The work of this store that nobody calls for: it prepares the database, hears other processes, and purges. */
export class PostgresBackground {
  readonly events: JournalEvents;
  readonly feed: JournalFeed;
  readonly stopWatch: StopWatch;
  readonly news: RunNews;
  readonly ledger: PostgresLedger;
  private readonly opening: Opening;
  private readonly sender: NewsSender;
  private readonly listener: NewsListener;
  private readonly purge: PostgresPurge;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly access: ServerAccess,
    private readonly database: PostgresDatabase,
    options: StoreOptions,
    log: Logger,
  ) {
    const channels = newsChannels(database.schema);
    this.events = new JournalEvents(database);
    this.feed = new JournalFeed(this.events);
    const looks = new SharedLooks((keys) => this.ledger.heads(keys));
    this.stopWatch = new StopWatch({
      heads: (keys) => looks.find(keys),
      onError: (error) => log.error('stop requests cannot be read', { error }),
      hearsAll: false,
    });
    this.sender = new NewsSender(database, channels, options.processId);
    this.news = new RunNews(this.feed, this.stopWatch, this.sender, options.processId);
    this.ledger = new PostgresLedger(database, this.news, options);
    this.listener = new NewsListener(access, channels, options.processId, this.news);
    this.purge = new PostgresPurge(new ExpiredRows(database, options), log);
    this.opening = new Opening(() => this.prepare(), log);
  }

  /** Rejects when the settings cannot be right. Does not wait for a server that is away. */
  async start(): Promise<void> {
    try {
      await this.opening.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.listener.start();
    this.purge.start();
  }

  /** Does not wait for a server that hangs. */
  close(): Promise<void> {
    this.closed ??= this.closeParts();
    return this.closed;
  }

  private async closeParts(): Promise<void> {
    for (const part of [this.opening, this.feed, this.stopWatch, this.sender, this.purge]) part.close();
    const timeIsUp = new AbortController();
    const closed = Promise.all([this.listener.close(), this.database.close()]);
    await Promise.race([closed, pause(CLOSE_MILLISECONDS, timeIsUp.signal)]);
    timeIsUp.abort();
    this.access.cut();
  }

  private async prepare(): Promise<void> {
    // Kysely is a fifth of all that a start loads, and no other store needs it. So only this place loads it.
    const { upgradeSchema } = await import('./schema-upgrade.js');
    await upgradeSchema(this.access, this.database.schema);
    this.database.open();
  }
}
