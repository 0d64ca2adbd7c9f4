import { Client } from 'pg';
import { pause } from '../../../../application/patience.js';
import type { NewsChannels } from './news-sender.js';
import type { ServerAccess } from './server-access.js';

const PULSE_MILLISECONDS = 5000;
const ANSWER_MILLISECONDS = 2000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 2000;
const JITTER = 0.5;

export interface NewsReaction {
  journalGrewElsewhere(runId: string): void;
  stopAskedElsewhere(runId: string): void;
  /** The listener may have missed something. */
  missedSome(): void;
}

/** Hears the news of other processes on a connection of its own, and opens that again whenever it is lost. */
export class NewsListener {
  private readonly closing = new AbortController();
  private ended: Promise<void> | undefined;

  constructor(
    private readonly access: ServerAccess,
    private readonly channels: NewsChannels,
    private readonly processId: string,
    private readonly reaction: NewsReaction,
  ) {}

  start(): void {
    this.ended ??= this.listen();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.ended;
  }

  private async listen(): Promise<void> {
    const { signal } = this.closing;
    let wait = FIRST_WAIT;
    while (!signal.aborted) {
      wait = (await this.listenOnce()) ? FIRST_WAIT : Math.min(2 * wait, LONGEST_WAIT);
      await pause(wait * (1 - JITTER * Math.random()), signal);
    }
  }

  /** Listens until the connection is lost. Returns whether there was one. */
  private async listenOnce(): Promise<boolean> {
    const client = new Client({ ...this.access.settings, query_timeout: ANSWER_MILLISECONDS });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    client.on('notification', ({ channel, payload = '' }) => this.hear(channel, payload));
    let wasThere = false;
    try {
      await client.connect();
      for (const channel of Object.values(this.channels))
        await client.query(`listen ${client.escapeIdentifier(channel)}`);
      wasThere = true;
      this.reaction.missedSome();
      await this.keepAsking(client, AbortSignal.any([lost.signal, this.closing.signal]));
    } catch {
      // Opened again, for as long as it takes.
    } finally {
      client.connection.stream.destroy();
    }
    return wasThere;
  }

  /** A connection that only listens never shows that its other end is gone. */
  private async keepAsking(client: Client, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await pause(PULSE_MILLISECONDS, ended);
      if (!ended.aborted) await client.query('select 1');
    }
  }

  private hear(channel: string, payload: string): void {
    const [sender, ...runIds] = payload.split(',');
    if (sender === this.processId) return;
    for (const runId of runIds) {
      if (channel === this.channels.stop) this.reaction.stopAskedElsewhere(runId);
      else this.reaction.journalGrewElsewhere(runId);
    }
  }
}
