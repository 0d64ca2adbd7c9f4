import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { z } from 'zod';
import type { FrameDecoder } from './frame-decoder.js';
import type { Exchange, WireFrame } from './history.js';
import { parsedJson } from './parsed-json.js';
import { WireFrames } from './wire-frames.js';

export interface StreamRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** That of the native wire where nothing is said. */
  readonly decoder?: FrameDecoder;
}

/** When a reader leaves by itself. */
export interface Patience {
  /** Without a head of the answer. */
  readonly headMs: number;
  /** Without a byte. */
  readonly silenceMs: number;
  /** Whatever comes. */
  readonly frames: number;
  readonly totalMs: number;
}

export type Reading = Omit<Exchange, 'message' | 'way' | 'cursor' | 'openedAt'>;

/** The longest a timer can be set to: never, for a test. */
export const FOR_EVER = 2 ** 31 - 1;

/** One request and its answer, frame by frame, on a connection of its own. */
export class StreamReading {
  private readonly frames: WireFrame[] = [];
  private readonly decoder: FrameDecoder;
  private readonly closing = Promise.withResolvers<Reading>();
  private readonly sent: ClientRequest;
  private readonly timers: NodeJS.Timeout[];
  private silence: NodeJS.Timeout;
  private response: IncomingMessage | undefined;
  private answeredAt: number | undefined;
  private problem = '';
  private leaves = false;
  private failed = false;

  private constructor(
    origin: string,
    { method, path, headers, body, decoder = new WireFrames() }: StreamRequest,
    private readonly patience: Patience,
    private readonly onHead: (run: string) => void,
  ) {
    this.decoder = decoder;
    this.sent = request(origin, { method, path, headers, agent: false });
    this.silence = setTimeout(() => this.leave(), patience.headMs);
    this.timers = [setTimeout(() => this.leave(), patience.totalMs)];
    this.sent.once('response', (response) => this.listen(response));
    this.sent.once('error', () => this.fail());
    this.sent.once('close', () => this.close());
    this.sent.end(body);
  }

  /** Resolves when the connection is closed, by whomever. `onHead` hears of an accepted run at once. Never rejects. */
  static read(
    origin: string,
    call: StreamRequest,
    patience: Patience,
    onHead: (run: string) => void = () => {},
  ): Promise<Reading> {
    return new StreamReading(origin, call, patience, onHead).closing.promise;
  }

  private listen(response: IncomingMessage): void {
    this.response = response;
    this.answeredAt = Date.now();
    this.restartSilence();
    if (response.statusCode === 200) this.onHead(String(response.headers['x-run-id']));
    response.on('error', () => this.fail());
    response.on('data', (bytes: Buffer) => this.take(bytes));
  }

  /** What comes after it has left is nothing it saw. */
  private take(bytes: Buffer): void {
    if (this.leaves) return;
    this.restartSilence();
    if (this.response?.statusCode !== 200) {
      this.problem += bytes.toString();
      return;
    }
    for (const frame of this.decoder.take(bytes)) {
      this.frames.push(frame);
      if (this.frames.length < this.patience.frames) continue;
      this.leave();
      return;
    }
  }

  private restartSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.leave(), this.patience.silenceMs);
  }

  private leave(): void {
    this.leaves = true;
    this.sent.destroy();
  }

  private fail(): void {
    this.failed = true;
  }

  private close(): void {
    for (const timer of [...this.timers, this.silence]) clearTimeout(timer);
    const { statusCode, headers = {}, complete = false } = this.response ?? {};
    const inOrder = complete && !this.failed;
    this.closing.resolve({
      status: statusCode,
      code: codeOf(this.problem),
      run: statusCode === 200 ? String(headers['x-run-id']) : undefined,
      replayed: headers['idempotency-replayed'] === 'true',
      frames: this.frames,
      closedBy: this.leaves ? 'client' : inOrder ? 'service' : 'network',
      answeredAt: this.answeredAt,
      closedAt: Date.now(),
    });
  }
}

/** OpenAI's doors have it one level deeper, and the AI SDK's has none. */
const problemSchema = z.union([
  z.object({ code: z.string() }),
  z.object({ error: z.object({ code: z.string() }) }).transform(({ error }) => error),
]);

function codeOf(problem: string): string | undefined {
  return problemSchema.safeParse(parsedJson(problem)).data?.code;
}
