import type { Readable } from 'node:stream';
import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { Answer } from './answer.js';
import type { HttpResponse } from './http-transport.js';
import { errorOfStream } from './map-error.js';
import { SseDecoder } from './sse-decoder.js';

/** How long usage and `[DONE]` may take once the model has ended. */
const CLOSING_MS = 2000;
/** How long a body nobody needs any more may take to end, so that its connection can be used again. */
const DRAIN_MS = 500;

type Parts = readonly CompletionPart[];

/** An answer that comes as server-sent events: one batch for each read that brought something, none of them empty. */
export async function* readStreamedAnswer(
  response: HttpResponse,
  signal: AbortSignal,
): AsyncGenerator<Parts, void, undefined> {
  const reading = new Reading(response);
  try {
    // Not destroyed on leaving: `release` decides.
    for await (const bytes of response.body.iterator({ destroyOnReturn: false })) {
      signal.throwIfAborted();
      const parts = reading.take(bytes);
      if (reading.isOver) break;
      if (parts.length > 0) yield parts;
    }
    reading.close();
  } catch (error) {
    reading.fail(error);
  } finally {
    reading.release();
  }
  signal.throwIfAborted();
  yield* reading.end();
}

/** One body, read to the end of its answer. Failures go into the answer. */
class Reading {
  private readonly answer = new Answer();
  private readonly decoder = new SseDecoder();
  private closing: NodeJS.Timeout | undefined;
  /** Of the read that ended the answer, so that they can share a batch with the end. */
  private lastParts: Parts = [];

  constructor(private readonly response: HttpResponse) {}

  /** Nothing that may still come changes the answer. */
  get isOver(): boolean {
    return this.answer.isOver;
  }

  take(bytes: Uint8Array): Parts {
    const { answer } = this;
    const parts = answer.accept(this.decoder.decode(bytes));
    if (answer.isOver) this.lastParts = parts;
    else if (answer.hasFinishReason) this.closing ??= setTimeout(() => this.response.body.destroy(), CLOSING_MS);
    return parts;
  }

  /** No more bytes are read. */
  close(): void {
    if (!this.isOver) this.answer.acceptCutOff(this.decoder.end());
    refuseOtherFormat(this.response, this.answer);
  }

  fail(error: unknown): void {
    this.answer.fail(errorOfStream(error));
  }

  release(): void {
    clearTimeout(this.closing);
    release(this.response.body, this.answer);
  }

  /** What ends the answer; text that came in the same read as a failure is still text. Throws LlmError when it failed. */
  *end(): Generator<Parts, void, undefined> {
    const { answer, lastParts } = this;
    if (answer.hasFailed && lastParts.length > 0) yield lastParts;
    yield [...lastParts, ...answer.end()];
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
