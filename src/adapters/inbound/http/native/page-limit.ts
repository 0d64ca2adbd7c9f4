import { z } from 'zod';

/** How many a page may hold at most, as a query tells it. */
export function pageLimit(max: number) {
  const otherwise = `must be a whole number from 1 to ${max}`;
  return z
    .string('must be given once')
    .regex(/^\d{1,3}$/, otherwise)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= max, otherwise);
}
