import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import ranks from 'tiktoken/encoders/o200k_base.json' with { type: 'json' };
import { Tiktoken } from 'tiktoken/lite';
import { textPieces } from './text-pieces.js';

/** Counts in a thread of its own: to load the tokenizer takes most of a second, and a long text as well. */

export interface CountJob {
  readonly id: number;
  readonly text: string;
}

/** So many pieces, and then other texts have their turn. */
const PIECES_AT_ONCE = 16;

const tokenizer = new Tiktoken(ranks.bpe_ranks, {}, ranks.pat_str);

async function countOf(text: string): Promise<number> {
  let count = 0;
  let pieces = 0;
  for (const piece of textPieces(text)) {
    // What looks like a special token is text like any other.
    count += tokenizer.encode_ordinary(piece).length;
    pieces += 1;
    if (pieces % PIECES_AT_ONCE === 0) await setImmediate();
  }
  return count;
}

parentPort?.on('message', ({ id, text }: CountJob) => {
  void countOf(text).then((count) => parentPort?.postMessage({ id, count }));
});
