import { firstVisible } from './blank.js';

/** What is looked at of a text that is to be cut, in UTF-16 units: also where one character takes a million of them,
 *  cutting costs the same. The longest 120 characters that people write are shorter. */
const MOST_UNITS = 4096;

const LINE_ENDS = ['\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029'];
const LINE_END = /[\n\r\v\f\u0085\u2028\u2029]/;

/** Texts of these alone are cut anywhere; most of them are. Not of CR, which is one character with an LF behind it. */
const PLAIN = /^[\n\x20-\x7e]*$/;

const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The first line that shows something, without the spaces around it; empty where none does. */
export function firstLineOf(text: string): string {
  const visible = firstVisible(text);
  if (visible === -1) return '';
  const before = text.slice(0, visible);
  const start = Math.max(...LINE_ENDS.map((end) => before.lastIndexOf(end))) + 1;
  const [line = ''] = text
    .slice(start)
    .trimStart()
    .slice(0, 2 * MOST_UNITS)
    .split(LINE_END, 1);
  return line.trimEnd();
}

/** The first `count` characters, each what a reader sees as one. */
export function firstCharacters(text: string, count: number): string {
  // A mark behind the last one would be a part of it.
  if (PLAIN.test(text.slice(0, count + 1))) return text.slice(0, count);
  const looked = text.slice(0, MOST_UNITS).toWellFormed();
  const seen = charactersOf(looked, count);
  const cut = seen.join('');
  // The last one may go on behind what was looked at.
  const isWhole = cut.length < looked.length || looked.length === text.length || seen.length === 1;
  return isWhole ? cut : seen.slice(0, -1).join('');
}

/** Whether there are more of them than `count`. */
export function hasMoreCharacters(text: string, count: number): boolean {
  return charactersOf(text, count + 1).length > count;
}

/** No more of them than `count`. */
function charactersOf(text: string, count: number): readonly string[] {
  const characters: string[] = [];
  for (const { segment } of CHARACTERS.segment(text)) {
    characters.push(segment);
    if (characters.length >= count) break;
  }
  return characters;
}
