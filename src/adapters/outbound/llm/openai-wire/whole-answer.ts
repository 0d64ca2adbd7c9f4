import type { Readable } from 'node:stream';
import type { TakeParts } from '../../../../application/ports/llm-gateway.js';
import type { Answer } from './answer.js';
import type { BodyReads } from './body-reads.js';
import { parseData } from './chunk.js';
import { readBody } from './read-body.js';

/** Hands over the answer of a server that does not stream: one JSON document, as one batch; where it failed, what it
 *  had said. */
export async function handOverWhole(
  body: Readable,
  reads: BodyReads,
  signal: AbortSignal,
  take: TakeParts,
  answer: Answer,
): Promise<void> {
  const text = documentIn(await readBody(body, reads));
  signal.throwIfAborted();
  const parts = answer.acceptWhole(text);
  if (answer.hasFailed && parts.length > 0) await take(parts);
  await take([...parts, ...answer.end()]);
}

/** Some servers end it as a stream is ended, with `data: [DONE]`. No line of JSON begins as one of events does. */
function documentIn(text: string): string {
  if (parseData(text) !== undefined) return text;
  const events = text.search(/^[ \t]*(data|event|id|retry)?:|(?<=[}\]])\s*data:\s*\[DONE\]\s*$/m);
  return events === -1 ? text : text.slice(0, events);
}
