import { RunNotFound } from './errors.js';
import type { Run } from './run.js';

/** Who asks. A user has what is the user's own, and nothing else is there; whoever names no user has all. */
export interface Caller {
  readonly userId: string | undefined;
}

/** Throws RunNotFound for a run that is not there for this caller. */
export function seenBy<Found extends Run>({ userId }: Caller, run: Found): Found {
  if (userId !== undefined && run.userId !== userId) throw new RunNotFound(run.id);
  return run;
}
