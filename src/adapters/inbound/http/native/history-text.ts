import type { Message } from '../../../../domain/message.js';
import { messageView } from './session-view.js';

/** What is made of a text at a time. */
const SLICE_CHARACTERS = 64 * 1024;
const CONTENT = '"content":"';

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
  const { content } = message;
  const around = JSON.stringify(messageView({ ...message, content: '' }));
  const start = around.indexOf(CONTENT) + CONTENT.length;
  yield around.slice(0, start);
  for (let from = 0; from < content.length; from += SLICE_CHARACTERS) {
    // Half of a surrogate pair is written as its number, and so are both halves where they are cut apart.
    yield JSON.stringify(content.slice(from, from + SLICE_CHARACTERS)).slice(1, -1);
  }
  yield around.slice(start);
}
