import { z } from 'zod';

/** A key that is sent in a header. What does not fit into one is refused here: the HTTP client would drop such characters in silence. */
export const keySetting = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces, as keys are');
