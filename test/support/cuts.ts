/** The same bytes, cut in the ways a network may cut them. */
export const cuts = {
  whole: (bytes: Uint8Array): Uint8Array[] => [bytes],
  'byte by byte': (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte)),
  'in threes': (bytes: Uint8Array): Uint8Array[] =>
    cutAt(
      bytes,
      Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) => i * 3),
    ),
};

/** The bytes cut before each of these positions, in whatever order they are. */
export function cutAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const borders = [0, ...[...positions].sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}
