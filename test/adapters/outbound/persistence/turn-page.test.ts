import { expect } from 'chai';
import { fittingOnePage } from '../../../../src/adapters/outbound/persistence/turn-page.js';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../../src/application/ports/session-repository.js';

describe('what fits one page of turns', () => {
  const rows: readonly [name: string, charactersOfEach: number, count: number][] = [
    ['a page of small turns has as many as it may', 1, MAX_PAGE_TURNS],
    ['a turn that fills the page is its last one', MAX_PAGE_CHARACTERS / 2, 2],
    ['a turn that is larger than a page is one', 4 * MAX_PAGE_CHARACTERS, 1],
  ];
  for (const [name, charactersOfEach, count] of rows)
    it(`${name}, and no further one is asked for, which would be read for nothing`, () => {
      let read = 0;
      function* turns() {
        for (;;) {
          read += 1;
          yield read;
        }
      }
      expect(fittingOnePage(turns(), () => charactersOfEach)).to.equal(count);
      expect(read).to.equal(count);
    });
});
