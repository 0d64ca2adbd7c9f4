import { LeaseLost, RunEnded, RunNotFound } from './errors.js';
import type { RunLease } from './run.js';
import { type ActiveRun, fenceIn, fenceOf, type SeenSession, type SessionHead } from './session-head.js';

type HeldHead = SessionHead & { readonly active: ActiveRun };

/** The head, for whoever holds this lease. Throws RunNotFound, RunEnded, LeaseLost. */
export function headHeldBy({ head, runs }: SeenSession, lease: RunLease): HeldHead {
  const known = runs.get(lease.id);
  if (head === undefined || known === undefined) throw new RunNotFound(lease.id);
  if (known.outcome !== undefined) throw new RunEnded(lease.id);
  const { active } = head;
  if (active === undefined || fenceIn(head) !== fenceOf(lease)) throw new LeaseLost(lease.id);
  return { ...head, active };
}
