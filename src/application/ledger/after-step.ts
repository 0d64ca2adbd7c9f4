import type { RunRecord } from '../../domain/session-head.js';
import type { Snapshot, Step } from '../ports/session-ledger.js';

/** What the store would tell of the session now. */
export function afterStep(
  seen: Snapshot,
  { revision, head, birth, outcomes = [] }: Step,
  active?: RunRecord,
): Snapshot {
  const runs = new Map(seen.runs);
  if (birth !== undefined) runs.set(birth.id, { birth, outcome: undefined });
  for (const { runId, outcome } of outcomes) {
    const known = runs.get(runId);
    if (known !== undefined) runs.set(runId, { ...known, outcome });
  }
  if (active !== undefined) runs.set(active.birth.id, active);
  return { revision, head, runs, keyed: seen.keyed };
}
