import type { Logger } from '../../../../application/ports/logger.js';
import type { JournalFeed } from '../journal-feed.js';
import type { StopWatch } from '../stop-watch.js';
import { withoutCommand } from './redis-failure.js';
import type { RedisKeys } from './redis-keys.js';
import type { SubscriberEvents } from './redis-subscriber.js';

export interface RedisNewsParts {
  readonly keys: RedisKeys;
  readonly feed: JournalFeed;
  readonly stops: StopWatch;
  readonly log: Logger;
  /** The name of this process. */
  readonly writer: string;
}

/** Hears from other processes that a run has grown, and that a run of this process is to stop. */
export class RedisNews implements SubscriberEvents {
  /** The channel that tells this process which of its runs are to stop. */
  readonly channel: string;

  constructor(private readonly parts: RedisNewsParts) {
    this.channel = parts.keys.process(parts.writer);
  }

  heard(channel: string, message: string): void {
    const { keys, feed, stops } = this.parts;
    if (channel === this.channel) stops.asked(message);
    else feed.changed(channel.slice(keys.news.length));
  }

  renewed(): void {
    this.parts.feed.changedAll();
    this.parts.stops.askedAny();
  }

  refused(error: unknown): void {
    const sentence = 'redis does not allow subscriptions; what other processes write is noticed late';
    this.parts.log.warn(sentence, { error: withoutCommand(error) });
  }
}
