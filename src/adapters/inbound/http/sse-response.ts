import type { ServerResponse } from 'node:http';
import { comment, retry } from './sse-frames.js';

const HEARTBEAT_MILLISECONDS = 15_000;
const STALL_MILLISECONDS = 30_000;

const RETRY_MIN_MILLISECONDS = 2000;
const RETRY_SPREAD_MILLISECONDS = 3000;

/** One reader's event stream: headers, heartbeat and back-pressure. Knows bytes, not what they mean. */
export class SseResponse {
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(private readonly response: ServerResponse) {}

  /** Sends the headers and the first bytes at once, long before there is anything to tell. Some clients take `retry:`
   *  for a frame: these are not told when to come back. */
  open(headers: Readonly<Record<string, string>>, tellsRetry = true): void {
    this.response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-store, no-transform',
      'X-Accel-Buffering': 'no',
      ...headers,
    });
    this.response.write(tellsRetry ? comment('ok') + retry(spreadWait()) : comment('ok'));
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MILLISECONDS);
    this.response.once('close', () => clearInterval(this.heartbeat));
  }

  /** False when the reader is behind: nothing more is to be written before `drained`. */
  write(frames: string): boolean {
    return this.response.write(frames);
  }

  /** Undefined where the reader has taken it all; else a promise for when it has, or is gone. */
  writeAll(pieces: readonly string[]): Promise<void> | undefined {
    const last = pieces.findIndex((piece) => !this.write(piece));
    return last === -1 ? undefined : this.drained().then(() => this.writeAll(pieces.slice(last + 1)));
  }

  /** Resolves when the reader has caught up, or is gone. One that takes nothing for 30 s is dropped; it can resume. For
   *  a fast one that is at once: others have their turn first, else a long replay would have the process to itself. */
  drained(): Promise<void> {
    const { response } = this;
    if (response.closed || !response.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const stalled = this.dropLater();
      const settle = (): void => {
        clearTimeout(stalled);
        response.off('drain', settle).off('close', settle);
        setImmediate(resolve);
      };
      response.on('drain', settle).on('close', settle);
    });
  }

  /** A reader that does not take the last bytes either is dropped just the same. */
  end(): void {
    clearInterval(this.heartbeat);
    this.response.end();
    if (this.response.closed) return;
    const stalled = this.dropLater();
    this.response.once('close', () => clearTimeout(stalled));
  }

  private dropLater(): NodeJS.Timeout {
    return setTimeout(() => this.response.destroy(), STALL_MILLISECONDS);
  }

  private beat(): void {
    if (!this.response.writableNeedDrain) this.response.write(comment('ping'));
  }
}

/** The spread keeps clients from coming back all at once when a replica has gone. */
function spreadWait(): number {
  return RETRY_MIN_MILLISECONDS + Math.floor(Math.random() * RETRY_SPREAD_MILLISECONDS);
}
