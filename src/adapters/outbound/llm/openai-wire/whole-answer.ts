import type { TakeParts } from '../../../../application/ports/llm-gateway.js';
import { Answer } from './answer.js';
import type { HttpResponse } from './http-transport.js';
import { readBody } from './read-body.js';

/** Hands over the answer of a server that does not stream: one JSON document, as one batch. */
export async function handOverWhole({ body }: HttpResponse, signal: AbortSignal, take: TakeParts): Promise<void> {
  const text = await readBody(body);
  signal.throwIfAborted();
  const answer = new Answer();
  const parts = answer.acceptWhole(text);
  await take([...parts, ...answer.end()]);
}
