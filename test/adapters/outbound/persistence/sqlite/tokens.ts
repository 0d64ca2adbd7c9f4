import type { TokenChunk } from '../../../../../src/domain/token-chunk.js';

/** Token chunks that tell whose they are. */
export function tokens(runId: string, first: number, last: number): readonly TokenChunk[] {
  const numbers = Array.from({ length: last + 1 - first }, (_, index) => first + index);
  return numbers.map((sequence) => ({ type: 'text-delta', sequence, text: `${runId}/${sequence} ` }));
}
