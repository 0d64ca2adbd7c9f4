import type { BodyReads } from './body-reads.js';

/** What a body is. Servers name the wrong type, or none; no line of an event stream begins as JSON or a page do. */
export type BodyFormat = 'events' | 'document' | 'page';

/** Told by the first byte that is neither blank nor of a BOM, as soon as there is one; every byte is left to be read.
 *  What has none is an event stream without events. Throws what the reading throws. */
export async function formatOf(reads: BodyReads): Promise<BodyFormat> {
  let begun = await reads.next();
  while (begun !== undefined && begun.length < MOST_BLANKS && begun.every((byte) => BLANK.has(byte))) {
    const more = await reads.next();
    if (more === undefined) break;
    begun = Buffer.concat([begun, more]);
  }
  if (begun !== undefined) reads.putBack(begun);
  return formatOfByte(begun?.find((byte) => !BLANK.has(byte)));
}

function formatOfByte(byte = 0): BodyFormat {
  const character = String.fromCharCode(byte);
  if (character === '<') return 'page';
  return character === '{' || character === '[' ? 'document' : 'events';
}

const BLANK: ReadonlySet<number> = new Set([...Buffer.from(' \t\r\n\uFEFF')]);
/** Some keep a connection alive by empty lines. */
const MOST_BLANKS = 4096;
