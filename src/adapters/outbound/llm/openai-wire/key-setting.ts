import { z } from 'zod';

/** A key that is sent in a header. What does not fit into one is refused here: the HTTP client would drop such
 *  characters in silence. */
export const keySetting = z
  .string()
  .trim()
  // Not every program that reads a file of settings takes them away.
  .regex(/^[^"'`](.*[^"'`])?$/s, { error: 'must be written without quotes', abort: true })
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces, as keys are');
