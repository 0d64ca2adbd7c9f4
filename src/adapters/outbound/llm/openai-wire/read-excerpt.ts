import type { Readable } from 'node:stream';

const MAX_BYTES = 64 * 1024;
const MAX_MS = 2000;

/** The beginning of an error's body, as text. Never throws, never waits long, and leaves no connection behind: an
 *  unread error body would hold its connection for ever. */
export async function readExcerpt(body: Readable): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const deadline = setTimeout(() => body.destroy(), MAX_MS);
  try {
    for await (const bytes of body.iterator()) {
      pieces.push(bytes);
      length += bytes.byteLength;
      if (length >= MAX_BYTES) break;
    }
  } catch {
    // The status has told what matters; a broken body takes nothing from it.
  } finally {
    clearTimeout(deadline);
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}
