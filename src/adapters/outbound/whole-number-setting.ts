import { z } from 'zod';

/** A setting that is a whole number, from its text in the environment. */
export function wholeNumberSetting(from: number, to: number, usual: number) {
  const error = `must be a whole number from ${from} to ${to}`;
  const range = z.number({ error }).min(from, error).max(to, error);
  return z.string().trim().regex(/^\d+$/, error).transform(Number).pipe(range).prefault(String(usual));
}
