import { expect } from 'chai';
import { fittingOnePage } from '../../../../src/adapters/outbound/persistence/turn-page.js';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../../src/application/ports/session-repository.js';

describe('what fits one page of turns', () => {
  const rows: readonly [name: string, charactersOfEach: number, count: number, limit?: number][] = [
    ['a page of small turns has as many as it may', 1, MAX_PAGE_TURNS],
    ['a turn that fills the page is its last one', MAX_PAGE_CHARACTERS / 2, 2],
    ['a turn that is larger than a page is one', 4 * MAX_PAGE_CHARACTERS, 1],
    ['a page has no more turns than are asked for', 1, 3, 3],
    ['a page has no more turns than it may, however many are asked for', 1, MAX_PAGE_TURNS, 2 * MAX_PAGE_TURNS],
  ];
  for (const [name, charactersOfEach, count, limit] of rows)
    it(`${name}, and no further one is asked for, which would be read for nothing`, () => {
      let read = 0;
      function* turns() {
        for (;;) {
          read += 1;
          yield read;
        }
      }
      expect(fittingOnePage(turns(), () => charactersOfEach, limit)).to.equal(count);
      expect(read).to.equal(count);
    });
});
