import { request } from 'node:http';
import { INTERNAL_KEY } from './runtime-server.js';
import type { SeededRandom } from './seeded-random.js';

export interface CutReaderOptions {
  readonly origin: string;
  readonly runId: string;
  /** The message that started the run, as it was sent. */
  readonly message: object;
  readonly random: SeededRandom;
}

/** A reader whose connection is cut at random bytes, again and again, and who comes back each time by another way. */
export class CutReader {
  /** Every frame that came whole, in the order in which it came. */
  frames = '';
  cuts = 0;
  private lastId: string;

  constructor(private readonly options: CutReaderOptions) {
    this.lastId = `${options.runId}-0`;
  }

  /** Reads to the end with at least so many cuts, unless the stream is at its end before. */
  async read(cuts: number): Promise<this> {
    while (!(await this.connect(this.cuts < cuts))) this.cuts += 1;
    return this;
  }

  /** Whether the end was reached. */
  private connect(withCut: boolean): Promise<boolean> {
    const limit = withCut ? this.options.random.whole(900) : Number.POSITIVE_INFINITY;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const { body, ...call } = this.wayBack();
    const sent = request(this.options.origin, call, (response) => {
      let unread = '';
      let taken = 0;
      const decoder = new TextDecoder();
      response.on('error', () => {});
      response.on('data', (bytes: Buffer) => {
        const kept = bytes.subarray(0, Math.max(0, limit - taken));
        taken += bytes.length;
        unread = this.take(unread + decoder.decode(kept, { stream: true }));
        if (taken >= limit) response.destroy();
      });
      response.on('close', () => resolve(response.statusCode === 204 || this.frames.endsWith('data: [DONE]\n\n')));
      if (response.statusCode !== 200 && response.statusCode !== 204) {
        reject(new Error(`Came back behind ${this.lastId} and got ${response.statusCode}`));
      }
    });
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }

  /** Takes the frames that are whole, and returns the rest. */
  private take(text: string): string {
    const end = text.lastIndexOf('\n\n') + 2;
    if (end < 2) return text;
    for (const block of text.slice(0, end).split(/(?<=\n\n)/)) {
      if (!/^(id|data):/.test(block)) continue;
      this.frames += block;
      this.lastId = /^id: (.+)\n/.exec(block)?.[1] ?? this.lastId;
    }
    return text.slice(end);
  }

  private wayBack() {
    const { runId, message, random } = this.options;
    const headers = { 'X-Internal-Auth': INTERNAL_KEY, Connection: 'close' };
    const resume = { method: 'GET', path: `/agent/runs/${runId}/stream`, body: '' };
    return random.oneOf([
      { ...resume, headers: { ...headers, 'Last-Event-ID': this.lastId } },
      { ...resume, headers, path: `${resume.path}?last_event_id=${this.lastId}` },
      {
        method: 'POST',
        path: '/agent/message/stream',
        body: JSON.stringify(message),
        headers: { ...headers, 'Last-Event-ID': this.lastId, 'Content-Type': 'application/json' },
      },
    ]);
  }
}
