import { withoutOpen } from './reply-step.js';
import type { RunBirth } from './run.js';
import type { RunOutcome } from './session-head.js';
import type { WholeRun } from './whole-session.js';

/** Turns as they stand in another session, under other names: what led away from them, or took others back, is not
 *  there. `nameOf` gives the new id of a run, the same whenever it is asked; undefined for one that is not among
 *  them. */
export function branchedRun(
  { birth, outcome, answer }: WholeRun,
  sessionId: string,
  nameOf: (runId: string) => string | undefined,
): WholeRun {
  return { birth: branchedBirth(birth, sessionId, nameOf), outcome: branchedOutcome(outcome, nameOf), answer };
}

function branchedBirth(
  { takesBack: _, continues, ...birth }: RunBirth,
  sessionId: string,
  nameOf: (runId: string) => string | undefined,
): RunBirth {
  const named = { ...birth, id: nameOf(birth.id) ?? birth.id, sessionId };
  const [after, turn] = [nameOf(continues?.after ?? ''), nameOf(continues?.turn ?? '')];
  if (continues === undefined || after === undefined || turn === undefined) return named;
  return { ...named, continues: { ...continues, after, turn } };
}

/** Nobody waits for a call there. */
function branchedOutcome(
  { continuedBy, next: _, isForgotten: _forgotten, steps, ...outcome }: RunOutcome,
  nameOf: (runId: string) => string | undefined,
): RunOutcome {
  const goesOn = nameOf(continuedBy ?? '');
  return {
    ...outcome,
    next: undefined,
    ...(steps !== undefined && { steps: withoutOpen(steps) }),
    ...(goesOn !== undefined && { continuedBy: goesOn }),
  };
}
