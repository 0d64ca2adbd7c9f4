import { type Redis, ReplyError } from 'ioredis';

const PING_MILLISECONDS = 5000;
const FIRST_PAUSE_MILLISECONDS = 50;
const LONGEST_PAUSE_MILLISECONDS = 1000;

export interface SubscriberEvents {
  /** Gives a message of a channel. An empty one says that the channel is subscribed now, and that earlier messages
   *  were not heard. */
  heard(channel: string, message: string): void;
  /** The subscriber may have missed messages. */
  renewed(): void;
  /** The server does not allow it to listen, so it will hear nothing. */
  refused(error: unknown): void;
}

/** Hears other processes on a connection of its own. It only wakes listeners, and they find what it misses by
 *  looking. */
export class RedisSubscriber {
  private readonly channels = new Set<string>();
  private events: SubscriberEvents | undefined;
  private connection: Redis | undefined;
  private ping: NodeJS.Timeout | undefined;
  private again: NodeJS.Timeout | undefined;
  private pause = FIRST_PAUSE_MILLISECONDS;
  private closed = false;

  /** `newConnection` gives a connection that does not reconnect by itself. In a cluster, each may lead to another
   *  server. */
  constructor(private readonly newConnection: () => Redis) {}

  open(events: SubscriberEvents): void {
    this.events = events;
    this.connect();
    // The client cuts a connection that owes an answer for too long.
    this.ping = setInterval(() => void this.connection?.ping().catch(() => {}), PING_MILLISECONDS).unref();
  }

  subscribe(channel: string): void {
    this.channels.add(channel);
    if (this.connection?.status !== 'ready') return;
    this.connection.subscribe(channel).then(
      () => this.events?.heard(channel, ''),
      () => {},
    );
  }

  unsubscribe(channel: string): void {
    if (!this.channels.delete(channel) || this.connection?.status !== 'ready') return;
    this.connection.unsubscribe(channel).catch(() => {});
  }

  close(): void {
    this.closed = true;
    clearInterval(this.ping);
    clearTimeout(this.again);
    this.connection?.disconnect();
  }

  private connect(): void {
    const connection = this.newConnection();
    this.connection = connection;
    // The connection for commands reports what is wrong with the server.
    connection.on('error', () => {});
    connection.on('message', (channel: string, message: string) => this.events?.heard(channel, message));
    connection.once('ready', () => void this.subscribeAll(connection));
    connection.once('end', () => this.connectLater());
    connection.connect().catch(() => {});
  }

  private async subscribeAll(connection: Redis): Promise<void> {
    try {
      if (this.channels.size > 0) await connection.subscribe(...this.channels);
      this.pause = FIRST_PAUSE_MILLISECONDS;
      this.events?.renewed();
    } catch (error) {
      if (error instanceof ReplyError) this.events?.refused(error);
      else connection.disconnect();
    }
  }

  private connectLater(): void {
    if (this.closed) return;
    this.again = setTimeout(() => this.connect(), this.pause * (1 - Math.random() / 4));
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MILLISECONDS);
  }
}
