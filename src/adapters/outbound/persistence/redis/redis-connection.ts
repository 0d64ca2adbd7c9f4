import type { Cluster, Redis } from 'ioredis';
import type { Logger } from '../../../../application/ports/logger.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { StoreNotUsable } from '../store.js';
import { deadline } from './deadline.js';
import type { LuaScript } from './lua-script.js';
import { failureOf, isOfDatabase, refusalOf, withoutCommand } from './redis-failure.js';

const ANSWER_MILLISECONDS = 3000;
const CLOSE_MILLISECONDS = 1000;
/** The client pings an idle connection so often that it notices a dead one before it is needed. */
const PING_MILLISECONDS = 5000;

/** The connection for commands. It opens again by itself, and commands wait for the attempt that is under way. */
export class RedisConnection {
  private lastError: unknown;
  private reachable = true;
  private closed = false;
  private firstReady: (() => Promise<void>) | undefined;
  private ping: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly log: Logger,
  ) {}

  /** Calls `act` at the first connection. */
  onFirstReady(act: () => Promise<void>): void {
    this.firstReady = act;
  }

  /** Resolves when the first attempt is over, whatever came of it. Rejects with StoreNotUsable when no other attempt
   *  can succeed. */
  async open(): Promise<void> {
    // Each command that comes while the server is away listens for it.
    this.client.setMaxListeners(0);
    this.client.on('error', (error: unknown) => this.noteError(error));
    // One server of a cluster fails here, and the others may serve.
    this.client.on('node error', (error: unknown) => {
      this.lastError = error;
    });
    this.client.on('ready', () => this.noteReady());
    this.client.connect().catch(() => {});
    this.ping = setInterval(() => void this.client.ping().catch(() => {}), PING_MILLISECONDS).unref();
    await this.connected(ANSWER_MILLISECONDS).catch(() => {});
    const refusal = refusalOf(this.lastError);
    if (refusal === undefined) return;
    await this.close();
    throw new StoreNotUsable(refusal, { cause: withoutCommand(this.lastError) });
  }

  /** What the server answers. Throws StoreUnavailable after at most three seconds. */
  async ask<Answer>(question: (client: Redis | Cluster) => Promise<Answer>, milliseconds = ANSWER_MILLISECONDS) {
    const end = performance.now() + milliseconds;
    try {
      if (this.client.status !== 'ready') await this.connected(milliseconds);
      return await deadline(end - performance.now(), question(this.client));
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Runs a script by its name, or by its text where the server does not know the name. */
  run(
    { sha, lua }: LuaScript,
    keys: readonly string[],
    values: readonly (string | number)[],
    milliseconds = ANSWER_MILLISECONDS,
  ): Promise<unknown> {
    return this.ask(async (client) => {
      try {
        return await client.evalsha(sha, keys.length, ...keys, ...values);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return client.eval(lua, keys.length, ...keys, ...values);
      }
    }, milliseconds);
  }

  /** Resolves in bounded time, whatever the server does. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.ping);
    if (this.client.status === 'ready') await deadline(CLOSE_MILLISECONDS, this.client.quit()).catch(() => {});
    this.client.disconnect();
  }

  /** Resolves when there is a connection; rejects when the attempt that is under way fails. */
  private connected(milliseconds: number): Promise<void> {
    const { client } = this;
    if (this.closed) return Promise.reject(new StoreUnavailable({ cause: new Error('The store is closed.') }));
    return new Promise((resolve, reject) => {
      const settle = (failure: Error | undefined): void => {
        clearTimeout(timer);
        client.off('ready', ready).off('close', failed).off('end', failed);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const ready = (): void => settle(undefined);
      const failed = (): void => settle(new StoreUnavailable({ cause: this.lastError }));
      const timer = setTimeout(failed, milliseconds);
      client.once('ready', ready).once('close', failed).once('end', failed);
    });
  }

  private noteReady(): void {
    if (!this.reachable) this.log.info('redis is reachable again');
    this.reachable = true;
    void this.firstReady?.();
    this.firstReady = undefined;
  }

  private noteError(error: unknown): void {
    this.lastError = error;
    // A client that may not select its database would stay in another one.
    if (this.client.status !== 'end' && isOfDatabase(error)) this.client.disconnect(true);
    if (this.reachable && !this.closed) this.log.warn('redis cannot be reached', { error: withoutCommand(error) });
    this.reachable = false;
  }
}
