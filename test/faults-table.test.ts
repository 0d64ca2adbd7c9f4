import { readFile } from 'node:fs/promises';
import { expect } from 'chai';

const ROWS = { A: 22, B: 37, C: 25, D: 28 };
const STARRED = 'A1 A2 A6 A8 A10 A12 A15 B1 B2 B12 B21 B26 C1 C2 C16'.split(' ');

interface Row {
  readonly id: string;
  readonly isStarred: boolean;
  readonly reason: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

describe('the table of faults', () => {
  let rows: readonly Row[];

  before(async () => {
    const text = await readFile('docs/faults.md', 'utf8');
    rows = [...text.matchAll(/^\| ([A-D]\d+)( ★)? \| .+? \| (.+) \| (.+) \|$/gm)].map(
      ([, id = '', star, reason = '', cell = '']) => ({
        id,
        isStarred: star !== undefined,
        reason,
        tests: testsIn(cell),
      }),
    );
  });

  it('has every fault once, in order', () => {
    const expected = Object.entries(ROWS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect(rows.map(({ id }) => id)).to.deep.equal(expected);
    expect(rows.filter(({ isStarred }) => isStarred).map(({ id }) => id)).to.deep.equal(STARRED);
  });

  it('names a test for each, or says why there is none', () => {
    const without = rows.filter(({ tests }) => tests.length === 0);
    expect(without.map(({ id }) => id)).to.deep.equal(['D2']);
    for (const { reason } of without) expect(reason.length).to.be.greaterThan(100);
  });

  it('names only tests that there are', async () => {
    const gone: string[] = [];
    for (const { file, title } of rows.flatMap(({ tests }) => tests)) {
      const source = (await readFile(`test/${file}`, 'utf8')).replaceAll("\\'", "'");
      const isThere = ["'", '"', '`'].some((quote) =>
        new RegExp(`\\bit\\(\\s*${escaped(quote + title + quote)}`).test(source),
      );
      if (!isThere) gone.push(`${file}: ${title}`);
    }
    expect(gone).to.deep.equal([]);
  });
});

/** `file`: “title”; “title”<br>`file`: “title” */
function testsIn(cell: string) {
  return [...cell.matchAll(/`([\w./-]+\.ts)`: ((?:“[^”]+”(?:; )?)+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
