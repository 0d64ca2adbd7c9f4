import { pause } from '../../../../application/patience.js';
import type { PostgresDatabase } from './postgres-database.js';

const INTERVAL_MILLISECONDS = 10;
/** A notification holds less than 8000 bytes. */
const MAX_PAYLOAD = 7800;

const SEND = 'select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as news (channel, payload)';

/** The notifications of one schema: which journals have grown, and which runs were asked to stop. */
export interface NewsChannels {
  readonly journal: string;
  readonly stop: string;
}

export function newsChannels(schema: string): NewsChannels {
  return { journal: `${schema}_journal`, stop: `${schema}_stop` };
}

/** Wakes other processes. It sends together what is said in quick succession, because commits with notifications
 *  wait for each other on the server. Nothing depends on it, since a poll finds what gets lost. */
export class NewsSender {
  private grown = new Set<string>();
  private stopped = new Set<string>();
  private readonly closing = new AbortController();
  private isSending = false;

  constructor(
    private readonly database: PostgresDatabase,
    private readonly channels: NewsChannels,
    private readonly processId: string,
  ) {}

  close(): void {
    this.closing.abort();
  }

  journalGrew(runId: string): void {
    this.grown.add(runId);
    this.sendSoon();
  }

  stopAsked(runId: string): void {
    this.stopped.add(runId);
    this.sendSoon();
  }

  private sendSoon(): void {
    if (this.isSending || this.closing.signal.aborted) return;
    this.isSending = true;
    void this.sendAll().finally(() => {
      this.isSending = false;
    });
  }

  private async sendAll(): Promise<void> {
    while (this.grown.size + this.stopped.size > 0 && !this.closing.signal.aborted) {
      const journal = payloadsOf(this.processId, this.grown);
      const stop = payloadsOf(this.processId, this.stopped);
      this.grown = new Set();
      this.stopped = new Set();
      await this.send([
        ...journal.map((payload) => [this.channels.journal, payload] as const),
        ...stop.map((payload) => [this.channels.stop, payload] as const),
      ]);
      await pause(INTERVAL_MILLISECONDS, this.closing.signal);
    }
  }

  private async send(news: readonly (readonly [channel: string, payload: string])[]): Promise<void> {
    const channels = news.map(([channel]) => channel);
    const payloads = news.map(([, payload]) => payload);
    try {
      await this.database.run(SEND, [channels, payloads]);
    } catch {
      // This news is lost. Whoever writes meets the same fault, and reports it.
    }
  }
}

/** The name of the sender, which ignores its own news, then as many ids as a payload holds. */
function payloadsOf(sender: string, runIds: ReadonlySet<string>): readonly string[] {
  const payloads: string[] = [];
  for (const runId of runIds) {
    const payload = payloads.at(-1);
    if (payload === undefined || payload.length + runId.length >= MAX_PAYLOAD) payloads.push(`${sender},${runId}`);
    else payloads[payloads.length - 1] = `${payload},${runId}`;
  }
  return payloads;
}
