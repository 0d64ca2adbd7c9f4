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
  const answer = new Answer();
  const lastParts = yield* readUntilOver(response, answer, signal);
  signal.throwIfAborted();
  // Text that came in the same read as a failure is still text.
  if (answer.hasFailed && lastParts.length > 0) yield lastParts;
  yield [...lastParts, ...answer.end()];
}

/** Returns the parts of the last read, so that they can share a batch with the end. Failures go into the answer. */
async function* readUntilOver(
  response: HttpResponse,
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<Parts, Parts, undefined> {
  try {
    const lastParts = yield* readMessages(response.body, answer, signal);
    refuseOtherFormat(response, answer);
    return lastParts;
  } catch (error) {
    answer.fail(errorOfStream(error));
    return [];
  } finally {
    release(response.body, answer);
  }
}

async function* readMessages(
  body: Readable,
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<Parts, Parts, undefined> {
  const decoder = new SseDecoder();
  let closing: NodeJS.Timeout | undefined;
  try {
    // Not destroyed on leaving: `release` decides.
    for await (const bytes of body.iterator({ destroyOnReturn: false })) {
      signal.throwIfAborted();
      const parts = answer.accept(decoder.decode(bytes));
      if (answer.isOver) return parts;
      if (answer.hasFinishReason) closing ??= setTimeout(() => body.destroy(), CLOSING_MS);
      if (parts.length > 0) yield parts;
    }
  } finally {
    clearTimeout(closing);
  }
  answer.acceptCutOff(decoder.end());
  return [];
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
