import type { LlmError } from '../../../domain/errors.js';

const SHORTEST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8000;
/** Who would have to wait longer is told at once. */
const LONGEST_WISH_MS = 30_000;

/** How many milliseconds to wait before the upstream is asked again; undefined when asking again is no use. Any time up
 *  to a limit that doubles (full jitter), so that many who failed together do not come back together, but not before
 *  the upstream wished. `random` gives a number from 0 to 1. */
export function retryDelay(
  { retryable, retryAfterMs = 0 }: LlmError,
  retries: number,
  random: () => number,
): number | undefined {
  if (!retryable || retryAfterMs > LONGEST_WISH_MS) return undefined;
  const backoff = random() * Math.min(LONGEST_BACKOFF_MS, SHORTEST_BACKOFF_MS * 2 ** retries);
  return Math.max(retryAfterMs, backoff);
}
