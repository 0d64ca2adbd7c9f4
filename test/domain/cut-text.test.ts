import { expect } from 'chai';
import { firstCharacters, firstLineOf, hasMoreCharacters } from '../../src/domain/cut-text.js';

const FAMILY = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';
const ACCENTED = 'e\u0301';
const FLAG = '\u{1f1e9}\u{1f1ea}';

describe('the beginning of a text', () => {
  for (const [what, character] of Object.entries({
    letters: 'x',
    'Cyrillic letters': 'ж',
    'emoji of several code points': FAMILY,
    'letters with marks': ACCENTED,
    flags: FLAG,
    'line ends of two units': '\r\n',
    'halves of nothing': '\u{1f642}',
  })) {
    it(`counts ${what} as a reader does, and cuts between them`, () => {
      expect(firstCharacters(character.repeat(70), 60)).to.equal(character.repeat(60));
      expect(firstCharacters(character.repeat(60), 60)).to.equal(character.repeat(60));
      expect(firstCharacters(character.repeat(3), 60)).to.equal(character.repeat(3));
      expect(hasMoreCharacters(character.repeat(60), 60)).to.equal(false);
      expect(hasMoreCharacters(character.repeat(61), 60)).to.equal(true);
    });
  }

  it('keeps a mark with the last letter, also behind plain ones', () => {
    expect(firstCharacters(`abc\u0301d`, 3)).to.equal('abc\u0301');
    expect(firstCharacters('ab\r\ncd', 3)).to.equal('ab\r\n');
  });

  it('is bounded where one character takes a million units, and whole where it is cut', () => {
    const marks = `e${'\u0301'.repeat(1_000_000)}`;
    expect(firstCharacters(marks, 60).length).to.be.within(1, 4096);
    expect(firstCharacters(`ab${marks}`, 60)).to.equal('ab');
    expect(firstCharacters(`x${'\u{1f642}'.repeat(1_000_000)}`, 4000)).to.satisfy((cut: string) => cut.isWellFormed());
    expect(firstCharacters('', 60)).to.equal('');
  });
});

describe('the first line of a text', () => {
  for (const [text, line] of [
    ['one', 'one'],
    ['  one two \t', 'one two'],
    ['\n\r\n \t\n one \r\n two', 'one'],
    ['\u2028one\u2029two', 'one'],
    ['one\rtwo', 'one'],
    ['one\u0085two', 'one'],
    ['\u200b\n\ufeff\n\u2800\none', 'one'],
    ['\u200f\u05d0\n', '\u200f\u05d0'],
    ['', ''],
    [' \n\u200b', ''],
  ] as const) {
    it(`of ${JSON.stringify(text)} is ${JSON.stringify(line)}`, () => {
      expect(firstLineOf(text)).to.equal(line);
    });
  }

  it('is found in a million blank lines, and begins a line of a million characters', () => {
    expect(firstLineOf(`${' \n'.repeat(500_000)}one`)).to.equal('one');
    expect(firstLineOf(`${' '.repeat(1_000_000)}one`)).to.equal('one');
    expect(firstLineOf(`one ${'x'.repeat(1_000_000)}`).slice(0, 6)).to.equal('one xx');
    expect(firstLineOf('\u200b'.repeat(1_000_000))).to.equal('');
  });
});
