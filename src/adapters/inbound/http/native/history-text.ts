import type { Message } from '../../../../domain/message.js';
import { aroundContent, jsonSlices } from './json-slices.js';
import { messageView } from './session-view.js';

/** The JSON of a page of messages, in pieces that are never large, though a message may be. */
export function* historyText(messages: readonly Message[], isFirst: boolean): Generator<string> {
  let before = isFirst ? '' : ',';
  for (const message of messages) {
    yield before;
    yield* messageText(message);
    before = ',';
  }
}

function* messageText(message: Message): Generator<string> {
  const [before, after] = aroundContent(messageView({ ...message, content: '' }));
  yield before;
  yield* jsonSlices(message.content);
  yield after;
}
