import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type HttpCall, openHttp } from './http-client.js';

export interface SseFrame {
  readonly id: string | undefined;
  readonly data: string;
}

/** An event stream as one client receives it, down to its bytes. */
export class SseClient {
  /** Whole frames, in order, `[DONE]` among them. */
  readonly frames: SseFrame[] = [];
  readonly comments: string[] = [];
  /** Blocks that are neither frame nor comment: `retry: 3000`. */
  readonly others: string[] = [];
  private readonly pieces: Buffer[] = [];
  private readonly waiting = new Set<() => void>();
  private unread = '';
  private closed = false;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  private constructor(private readonly response: IncomingMessage) {
    response.on('data', (piece: Buffer) => this.take(piece));
    response.once('close', () => {
      this.closed = true;
      this.wake();
    });
    // A connection that is cut is what many tests are about.
    response.on('error', () => {});
  }

  /** Resolves as soon as the head of the answer is there. */
  static async open(origin: string, call: HttpCall): Promise<SseClient> {
    return new SseClient(await openHttp(origin, call));
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  get runId(): string {
    return String(this.headers['x-run-id']);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** All that came, as text. */
  get raw(): string {
    return this.bytes.toString();
  }

  /** What came behind the first comment and the `retry` line: the frames' own bytes, comments in between included. */
  get body(): string {
    return this.raw.replace(/^: ok\n\nretry: \d+\n\n/, '');
  }

  get lastId(): string | undefined {
    return this.frames.findLast(({ id }) => id !== undefined)?.id;
  }

  /** The frames' data, parsed, without `[DONE]`. */
  get payloads(): Record<string, unknown>[] {
    return this.frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data));
  }

  /** The tokens, joined. */
  get text(): string {
    return this.payloads.map(({ token }) => token ?? '').join('');
  }

  get finishReason(): unknown {
    const end = this.payloads.find(({ is_final }) => is_final === true);
    return end && (end.finish_reason ?? 'stop');
  }

  /** Whether the stream came to its end in good order, not cut. */
  get isWhole(): boolean {
    return this.response.complete;
  }

  /** Resolves when so many frames are there. */
  async received(frames: number): Promise<this> {
    await this.until(() => this.frames.length >= frames);
    return this;
  }

  /** Resolves when the condition holds; it is looked at whenever something came. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.closed) throw new Error(`The stream ended before that, with:\n${this.raw}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Resolves when the stream is at its end, whole or cut. */
  async ended(): Promise<this> {
    while (!this.closed) await new Promise<void>((resolve) => this.waiting.add(resolve));
    return this;
  }

  /** Takes nothing more from the socket. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  /** The connection goes, as when a phone loses its network. */
  cut(): void {
    this.response.destroy();
  }

  private take(piece: Buffer): void {
    this.pieces.push(piece);
    const blocks = (this.unread + this.decoder.decode(piece, { stream: true })).split('\n\n');
    this.unread = blocks.pop() ?? '';
    for (const block of blocks) this.read(block);
    this.wake();
  }

  /** Strict on purpose: nothing but the lines that the protocol promises. */
  private read(block: string): void {
    const [, id, data] = /^(?:id: ([^\n]+)\n)?data: ([^\n]*)$/.exec(block) ?? [];
    if (data !== undefined) this.frames.push({ id, data });
    else if (block.startsWith(': ')) this.comments.push(block.slice(2));
    else this.others.push(block);
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
