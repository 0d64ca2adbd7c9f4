import type { Response } from 'express';
import type { Message } from '../../../../domain/message.js';
import { PiecewiseJson } from '../piecewise-json.js';
import type { RequestContext } from '../request-context.js';
import { historyText } from './history-text.js';

type Pages = AsyncIterable<readonly Message[]> | Iterable<readonly Message[]>;

/** Answers with a history, each page when the reader has taken the one before, and as text a slice at a time: neither a
 *  long session nor a slow reader takes room for more. What can be refused is refused before the first byte; what fails
 *  later cuts the answer. `behind` is JSON that follows the messages. */
export async function sendHistory(
  pages: Pages,
  response: Response,
  { clientLeft }: RequestContext,
  behind = '',
): Promise<void> {
  const answer = new PiecewiseJson(response, '{"messages":[');
  let isFirst = true;
  for await (const page of pages) {
    for (const text of historyText(page, isFirst)) {
      const taking = answer.add(text);
      if (taking !== undefined) await taking;
      clientLeft.throwIfAborted();
    }
    if (answer.isToldEnough) break;
    isFirst = false;
  }
  answer.end(`]${behind}}`);
}
