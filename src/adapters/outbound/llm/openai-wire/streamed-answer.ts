import type { Readable } from 'node:stream';
import type { CompletionPart, TakeParts } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import type { Answer } from './answer.js';
import type { BodyReads } from './body-reads.js';
import type { HttpResponse } from './http-transport.js';
import { errorOfStream } from './map-error.js';
import { SseDecoder } from './sse-decoder.js';

/** How long usage and `[DONE]` may take once the model has ended. */
const CLOSING_MS = 2000;
/** How long a body nobody needs any more may take to end, so that its connection can be used again. */
const DRAIN_MS = 500;

type Parts = readonly CompletionPart[];

/** Hands over an answer that comes as server-sent events: one batch for each read that brought something, none of them
 *  empty. */
export async function handOverStreamed(
  response: HttpResponse,
  reads: BodyReads,
  signal: AbortSignal,
  take: TakeParts,
  answer: Answer,
): Promise<void> {
  const reading = new Reading(response, reads, answer);
  try {
    await handOverText(reading, take);
  } finally {
    reading.release();
  }
  if (!reading.isWhole || isStop(signal)) signal.throwIfAborted();
  for (const parts of reading.end()) await take(parts);
}

async function handOverText(reading: Reading, take: TakeParts): Promise<void> {
  for (let parts = await reading.next(); parts !== undefined; parts = await reading.next()) {
    const taking = parts.length > 0 ? take(parts) : undefined;
    if (taking !== undefined) await taking;
  }
}

/** Not when a limit of ours ran out: while only the closing is waited for, the answer is whole all the same. */
function isStop({ reason }: AbortSignal): boolean {
  return !(reason instanceof LlmError);
}

/** One body, read to the end of its answer. Failures go into the answer. */
class Reading {
  private readonly decoder = new SseDecoder();
  private closing: NodeJS.Timeout | undefined;
  /** Of the read that ended the answer, so that they can share a batch with the end. */
  private lastParts: Parts = [];

  constructor(
    private readonly response: HttpResponse,
    private readonly reads: BodyReads,
    private readonly answer: Answer,
  ) {}

  /** The model has ended, whatever becomes of the rest. */
  get isWhole(): boolean {
    return this.answer.hasEnded;
  }

  /** What the next read brought, if anything; undefined when nothing that may still come changes the answer. */
  async next(): Promise<Parts | undefined> {
    try {
      const bytes = await this.reads.next();
      if (bytes !== undefined) return this.accept(bytes);
      this.close();
    } catch (error) {
      this.answer.fail(errorOfStream(error));
    }
    return undefined;
  }

  release(): void {
    clearTimeout(this.closing);
    release(this.response.body, this.answer);
  }

  /** What ends the answer; text that came in the same read as a failure is still text. Throws LlmError when it
   *  failed. */
  *end(): Generator<Parts, void, undefined> {
    const { answer, lastParts } = this;
    if (answer.hasFailed && lastParts.length > 0) yield lastParts;
    yield [...lastParts, ...answer.end()];
  }

  private accept(bytes: Uint8Array): Parts | undefined {
    const { answer } = this;
    const parts = answer.accept(this.decoder.decode(bytes));
    if (answer.isOver) {
      this.lastParts = parts;
      return undefined;
    }
    this.limitClosing();
    return parts;
  }

  /** Not where the model goes on after it has ended. */
  private limitClosing(): void {
    if (this.answer.hasEnded) this.closing ??= setTimeout(() => this.response.body.destroy(), CLOSING_MS);
    else if (this.closing !== undefined) clearTimeout(this.closing);
  }

  /** The body has come to its end before the answer did. */
  private close(): void {
    this.answer.acceptCutOff(this.decoder.end());
    refuseOtherFormat(this.response, this.answer);
  }
}

/** Some servers send events under another type, or none. Where not one event came, it was something else. */
function refuseOtherFormat({ mediaType }: HttpResponse, answer: Answer): void {
  if (answer.isBlank && mediaType !== 'text/event-stream') {
    throw new LlmError('upstream_protocol', { detail: `no events in a body of type "${mediaType}"` });
  }
}

function release(body: Readable, answer: Answer): void {
  if (!answer.isClosed || body.destroyed) {
    body.destroy();
    return;
  }
  const deadline = setTimeout(() => body.destroy(), DRAIN_MS);
  body.once('close', () => clearTimeout(deadline));
  body.resume();
}
