import type { Response } from 'express';
import type { Message } from '../../../../domain/message.js';
import type { RequestContext } from '../request-context.js';
import { messageView } from './session-view.js';

const STALL_MILLISECONDS = 30_000;
type Pages = AsyncIterable<readonly Message[]>;

/** Answers with a history, each page as soon as the reader has taken the one before: neither a long session nor a slow reader takes
 *  room for more than one. What can be refused is refused before the first byte; what fails later cuts the answer. */
export async function sendHistory(pages: Pages, response: Response, { clientLeft }: RequestContext): Promise<void> {
  const reading = pages[Symbol.asyncIterator]();
  const [first, second] = [await reading.next(), await reading.next()];
  if (second.done) {
    response.json({ messages: (first.value ?? []).map(messageView) });
    return;
  }
  response.status(200).set('Content-Type', 'application/json; charset=utf-8');
  response.write(`{"messages":[${textOf(first.value)}`);
  let page: IteratorResult<readonly Message[]> = second;
  while (!page.done && response.req.method !== 'HEAD') {
    response.write(`,${textOf(page.value)}`);
    await taken(response);
    clientLeft.throwIfAborted();
    page = await reading.next();
  }
  response.end(']}');
}

function textOf(messages: readonly Message[]): string {
  return messages.map((message) => JSON.stringify(messageView(message))).join(',');
}

/** Resolves when the reader has caught up, or is gone. One that takes nothing for a while is dropped. */
function taken(response: Response): Promise<void> {
  if (response.closed || !response.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), STALL_MILLISECONDS);
    const settle = (): void => {
      clearTimeout(stalled);
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
