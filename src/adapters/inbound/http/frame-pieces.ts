import type { RunEvent } from '../../../domain/run-event.js';

/** About how much is written at once, so that a slow reader of a long journal holds little of it in its buffer. */
const PIECE_CHARACTERS = 64 * 1024;

/** The frames of a batch, joined to pieces of a size to be written at once. */
export function framePieces(batch: readonly RunEvent[], frame: (event: RunEvent) => string): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const event of batch) {
    piece += frame(event);
    if (piece.length >= PIECE_CHARACTERS) {
      pieces.push(piece);
      piece = '';
    }
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}
