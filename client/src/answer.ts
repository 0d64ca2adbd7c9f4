import type { Final } from './final.js';
import type { RunReader } from './run-reader.js';
import { Tally } from './tally.js';
import type { Frame, OpenCall, Run, Session } from './wire.js';

/** How long an answer that is there waits for what else is known of it. */
const RECORDS_MILLISECONDS = 10_000;

/** What the service keeps of a run and of a session. @internal */
export interface Records {
  run(runId: string, signal: AbortSignal): Promise<Run>;
  openCalls(sessionId: string, signal: AbortSignal): Promise<readonly OpenCall[]>;
  cancelRun(runId: string): Promise<Run>;
  cancelSession(sessionId: string): Promise<Session>;
}

/** One answer, as it comes. Iterating it gives each frame once; leaving the loop leaves the connection, and a further
 *  loop goes on where that one was. */
export class Answer implements AsyncIterable<Frame> {
  private readonly tally = new Tally();
  /** Read by somebody else while a loop goes on. */
  private readonly unseen: Frame[] = [];
  private loops = 0;
  private reading: Promise<void> | undefined;
  private told: Promise<Final> | undefined;

  /** @internal */
  constructor(
    private readonly reader: RunReader,
    private readonly records: Records,
    private readonly signal: AbortSignal | undefined,
    private readonly sessionId: string | undefined,
  ) {}

  /** The run that answers, once that is known; undefined where none does. Throws Problem for a refusal. */
  started(): Promise<string | undefined> {
    return this.reader.identify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Frame, void, undefined> {
    this.loops += 1;
    try {
      for (let frame = await this.next(); frame !== undefined; frame = await this.next()) yield frame;
    } finally {
      this.loops -= 1;
      if (!this.reader.isOver && this.reading === undefined) this.reader.leave();
    }
  }

  /** Reads to the end. A run that failed is told, not thrown; a refusal is thrown as Problem. */
  async final(): Promise<Final> {
    while (!this.reader.isOver) await this.advance();
    this.told ??= this.tell();
    return this.told;
  }

  /** Stops the run. What it wrote is kept, and its ending is still to be read. */
  async cancel(): Promise<void> {
    const runId = await this.started();
    if (runId !== undefined) await this.records.cancelRun(runId);
    else if (this.sessionId !== undefined) await this.records.cancelSession(this.sessionId);
  }

  private async next(): Promise<Frame | undefined> {
    while (this.unseen.length === 0 && !this.reader.isOver) await this.advance();
    this.signal?.throwIfAborted();
    return this.unseen.shift();
  }

  /** One at a time, whoever asks. */
  private advance(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    const frame = await this.reader.next();
    if (frame === undefined) return;
    this.tally.add(frame);
    if (this.loops > 0) this.unseen.push(frame);
  }

  /** What the frames do not say is asked for. That an answer is there counts more than that all is known of it. */
  private async tell(): Promise<Final> {
    const { runId } = this.reader;
    const run =
      runId === undefined
        ? undefined
        : await this.records.run(runId, AbortSignal.timeout(RECORDS_MILLISECONDS)).catch(() => undefined);
    return this.tally.final(runId, run, run?.open_calls ?? (await this.openCalls()));
  }

  private async openCalls(): Promise<readonly OpenCall[] | undefined> {
    if (this.sessionId === undefined || this.tally.finishReason !== 'tool_calls') return undefined;
    return this.records.openCalls(this.sessionId, AbortSignal.timeout(RECORDS_MILLISECONDS)).catch(() => undefined);
  }
}
