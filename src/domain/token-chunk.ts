/** A piece of the answer, in the order it was written. */
export interface TokenChunk {
  readonly type: 'text-delta';
  /** 1, 2, 3 … within its run, without a gap. */
  readonly sequence: number;
  /** Never empty; at most MAX_CHUNK_BYTES of UTF-8; no NUL and no lone surrogate, so that every store keeps it as it
   *  is. */
  readonly text: string;
}

/** A piece of what the model thought on its way: no part of the answer. As long and as whole as one of that. */
interface ReasoningChunk {
  readonly type: 'reasoning-delta';
  readonly sequence: number;
  readonly text: string;
}

/** A piece of the arguments of a call, while the model writes it: JSON, cut anywhere between characters. As long and as
 *  whole as a piece of the answer. */
export interface ArgumentsChunk {
  readonly type: 'call-arguments';
  readonly sequence: number;
  /** Its name in its session, as in the event of the whole call. */
  readonly callId: string;
  readonly toolName: string;
  readonly text: string;
}

/** What a model writes piece by piece. */
export type Chunk = TokenChunk | ReasoningChunk | ArgumentsChunk;

export const MAX_CHUNK_BYTES = 64 * 1024;

/** `text` in pieces that each fit one chunk, cut between characters. */
export function cutText(text: string): readonly string[] {
  if (text.length * MAX_BYTES_PER_UNIT <= MAX_CHUNK_BYTES) return [text];
  const pieces: string[] = [];
  let start = 0;
  let bytes = 0;
  for (let index = 0; index < text.length; ) {
    const codePoint = text.codePointAt(index) ?? 0;
    const size = utf8Size(codePoint);
    if (bytes + size > MAX_CHUNK_BYTES) {
      pieces.push(text.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += size;
    index += codePoint > 0xffff ? 2 : 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    bytes += unit >= 0xd800 && unit <= 0xdfff ? 2 : utf8Size(unit);
  }
  return bytes;
}

export const MAX_BYTES_PER_UNIT = 3;

function utf8Size(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
