import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../application/ports/session-repository.js';

/** How many of these turns, from the first on, fit one page of at most `limit`, which is 1 or more. `charactersOf` is
 *  the size of one. */
export function fittingOnePage<Turn>(
  turns: Iterable<Turn>,
  charactersOf: (turn: Turn) => number,
  limit = MAX_PAGE_TURNS,
): number {
  const most = Math.min(limit, MAX_PAGE_TURNS);
  let count = 0;
  let characters = 0;
  for (const turn of turns) {
    count += 1;
    characters += charactersOf(turn);
    // Before the next one is asked for, which would be read for nothing.
    if (count >= most || characters >= MAX_PAGE_CHARACTERS) break;
  }
  return count;
}
