import type { TakeParts } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { Answer } from './answer.js';
import { type BodyFormat, formatOf } from './body-format.js';
import { BodyReads } from './body-reads.js';
import type { HttpResponse } from './http-transport.js';
import { errorOfStream } from './map-error.js';
import { handOverStreamed } from './streamed-answer.js';
import { handOverWhole } from './whole-answer.js';

/** Hands over the answer in a body: events, or one JSON document of a server that does not stream. `offered` are the
 *  names of the tools that the model may ask for. */
export async function handOverAnswer(
  response: HttpResponse,
  signal: AbortSignal,
  take: TakeParts,
  offered?: ReadonlySet<string>,
  model?: string,
): Promise<void> {
  const { body, mediaType } = response;
  const reads = new BodyReads(body);
  const format = await formatRead(reads);
  if (format === 'events') return handOverStreamed(response, reads, signal, take, new Answer(offered, model));
  if (format === 'document') return handOverWhole(body, reads, signal, take, new Answer(offered, model));
  body.destroy();
  throw new LlmError('upstream_protocol', { detail: `a page of type "${mediaType}"` });
}

async function formatRead(reads: BodyReads): Promise<BodyFormat> {
  try {
    return await formatOf(reads);
  } catch (error) {
    throw errorOfStream(error);
  }
}
