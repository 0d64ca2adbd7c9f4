import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { Answer } from './answer.js';
import type { HttpResponse } from './http-transport.js';
import { readBody } from './read-body.js';

/** An answer of a server that does not stream: one JSON document, yielded as one batch. */
export async function* readWholeAnswer({
  body,
}: HttpResponse): AsyncGenerator<readonly CompletionPart[], void, undefined> {
  const text = await readBody(body);
  const answer = new Answer();
  const parts = answer.acceptWhole(text);
  yield [...parts, ...answer.end()];
}
