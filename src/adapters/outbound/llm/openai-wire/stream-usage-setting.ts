import { z } from 'zod';

/** Whether the upstream is asked to count the tokens of a streamed answer. */
export const streamUsageSetting = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.enum(['true', 'false'], { error: 'must be true or false' }))
  .transform((word) => word === 'true')
  .prefault('true');
