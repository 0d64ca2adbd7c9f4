import { z } from 'zod';
import { LeaseLost, RunEnded, RunNotFound } from '../../../../domain/errors.js';

const REFUSALS = { gone: RunNotFound, ended: RunEnded, lost: LeaseLost };

const refusal = z.enum(['gone', 'ended', 'lost']);
const gap = z.tuple([z.literal('gap'), z.number()]);

/** Throws RunNotFound, RunEnded or LeaseLost when that is what a script answered. */
export function checkRefusal(runId: string, answer: unknown): void {
  if (typeof answer !== 'string') return;
  throw new REFUSALS[refusal.parse(answer)](runId);
}

/** The number that a script answered with because there is a gap; undefined when there is none. */
export function gapIn(answer: unknown): number | undefined {
  const found = gap.safeParse(answer);
  return found.success ? found.data[1] : undefined;
}
