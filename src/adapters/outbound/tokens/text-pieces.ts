/** A tokenizer takes the square of the length of a word without an end. */
export const PIECE_CHARACTERS = 128;

/** A text in pieces that are never long, cut in front of a space where there is one: there a tokenizer cuts as well. */
export function* textPieces(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = endOfPiece(text, from);
    yield text.slice(from, end);
    from = end;
  }
}

function endOfPiece(text: string, from: number): number {
  const end = from + PIECE_CHARACTERS;
  if (end >= text.length) return text.length;
  const space = text.lastIndexOf(' ', end);
  if (space > from) return space;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
