import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../application/ports/session-repository.js';
import type { Message } from '../../../domain/message.js';

/** Turns, put together to pages within the bounds of one. */
export function* pagesOf(turns: Iterable<readonly Message[]>): Generator<readonly Message[]> {
  let page: Message[] = [];
  let count = 0;
  let characters = 0;
  for (const turn of turns) {
    page.push(...turn);
    count += 1;
    for (const { content } of turn) characters += content.length;
    if (count < MAX_PAGE_TURNS && characters < MAX_PAGE_CHARACTERS) continue;
    yield page;
    page = [];
    count = 0;
    characters = 0;
  }
  if (page.length > 0) yield page;
}
