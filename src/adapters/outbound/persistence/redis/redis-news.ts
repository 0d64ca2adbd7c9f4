import type { Logger } from '../../../../application/ports/logger.js';
import type { StopCause } from '../../../../domain/run.js';
import type { JournalFeed } from '../journal-feed.js';
import { StopWatch } from '../stop-watch.js';
import { storedStopCause } from '../stored-shapes.js';
import type { RedisConnection } from './redis-connection.js';
import { withoutCommand } from './redis-failure.js';
import type { RedisKeys } from './redis-keys.js';
import type { SubscriberEvents } from './redis-subscriber.js';
import type { RunDirectory } from './run-directory.js';

export interface RedisNewsParts {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly directory: RunDirectory;
  readonly feed: JournalFeed;
  readonly log: Logger;
}

/** What this process hears of others: that a run it reads goes on, that a run it writes is to stop. */
export class RedisNews implements SubscriberEvents {
  private readonly stops: StopWatch;

  /** `channel` is where this process hears of the runs it writes. */
  constructor(
    private readonly parts: RedisNewsParts,
    readonly channel: string,
  ) {
    this.stops = new StopWatch(
      (runIds) => this.findStopped(runIds),
      (error) => parts.log.error('stop requests cannot be looked up', { error }),
    );
  }

  heard(channel: string, message: string): void {
    const { keys, feed } = this.parts;
    if (channel === this.channel) this.asked(message);
    else feed.changed(channel.slice(keys.news.length));
  }

  renewed(): void {
    this.parts.feed.changedAll();
    this.stops.askedAny();
  }

  refused(error: unknown): void {
    const sentence = 'redis does not allow subscriptions; what other processes write is noticed late';
    this.parts.log.warn(sentence, { error: withoutCommand(error) });
  }

  /** As `RunRepository.stopRequest` promises it. */
  stopRequest(runId: string, signal: AbortSignal): Promise<StopCause | undefined> {
    const heard = this.stops.heard(runId, signal);
    this.stops.asked(runId);
    return heard;
  }

  /** A run was asked to stop. */
  asked(runId: string): void {
    this.stops.asked(runId);
  }

  /** A run was deleted. */
  gone(runId: string): void {
    const { feed } = this.parts;
    feed.writesNoMore(runId);
    feed.changed(runId);
    this.asked(runId);
  }

  close(): void {
    this.stops.close();
  }

  private async findStopped(runIds: readonly string[]): Promise<ReadonlyMap<string, StopCause>> {
    const stopped = new Map<string, StopCause>();
    const look = async (runId: string): Promise<void> => {
      const cause = await this.causeOf(runId);
      if (cause !== undefined) stopped.set(runId, cause);
    };
    await Promise.all(runIds.map(look));
    return stopped;
  }

  private async causeOf(runId: string): Promise<StopCause | undefined> {
    const { connection, keys, directory } = this.parts;
    const sessionId = await directory.find(runId);
    if (sessionId === undefined) return 'cancelled';
    const [session] = keys.session(sessionId);
    const state = await connection.ask((client) => client.hmget(session, `${runId}:status`, `${runId}:stop`));
    const [status, cause] = state;
    return status === null ? 'cancelled' : storedStopCause.optional().parse(cause ?? undefined);
  }
}
