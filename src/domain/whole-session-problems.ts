import type { FieldProblem } from './field-problem.js';
import type { WholeRun } from './whole-session.js';

/** What does not fit together in the runs of a whole session, each of which is right by itself. The paths are those of
 *  the document that they are written in. */
export function runProblems(runs: readonly WholeRun[]): readonly FieldProblem[] {
  // Of two with one id, the first one has it.
  const places = new Map(runs.map(({ birth }, index) => [birth.id, index] as const).toReversed());
  const calls = new Set<string>();
  return runs.flatMap((run, index) => {
    const problems = [
      ...(places.get(run.birth.id) === index ? [] : [problem('is the id of another run, too', 'run_id')]),
      ...orderProblems(run, (runId) => (places.get(runId) ?? Number.NaN) - index),
      ...endingProblems(run),
      ...stepProblems(run, calls),
    ];
    return problems.map(({ path, message }) => ({ path: ['runs', index, ...path], message }));
  });
}

function problem(message: string, ...path: readonly (string | number)[]): FieldProblem {
  return { path, message };
}

/** `distanceTo` is below zero for runs before this one, above it for those behind it, and no number where there is
 *  none. */
function orderProblems({ birth, outcome }: WholeRun, distanceTo: (runId: string) => number): readonly FieldProblem[] {
  const { takesBack, continues } = birth;
  const before = (runId: string | undefined) => runId === undefined || distanceTo(runId) < 0;
  const behind = (runId: string | undefined) => runId === undefined || distanceTo(runId) > 0;
  return [
    ...(before(takesBack?.from) ? [] : [problem(NOT_BEFORE, 'takes_back', 'from')]),
    ...(before(continues?.after) ? [] : [problem(NOT_BEFORE, 'continues', 'after')]),
    ...(before(continues?.turn) ? [] : [problem(NOT_BEFORE, 'continues', 'turn')]),
    ...(behind(outcome.continuedBy) ? [] : [problem('must be a run behind this one', 'continued_by')]),
  ];
}

const NOT_BEFORE = 'must be a run before this one';

function endingProblems({ outcome }: WholeRun): readonly FieldProblem[] {
  const isMissing = outcome.finishReason === 'error' && outcome.error === undefined;
  return isMissing ? [problem('must be there where the run has failed', 'error')] : [];
}

/** Nothing is open in a session that is taken elsewhere. `known` has the calls of the runs before. */
function stepProblems({ outcome, answer }: WholeRun, known: Set<string>): readonly FieldProblem[] {
  let end = 0;
  return (outcome.steps ?? []).flatMap(({ textEnd, calls, results }, place) => {
    const isInText = textEnd >= end && textEnd <= answer.length;
    end = textEnd;
    const settled = results.map(({ callId }) => callId).toSorted();
    const isSettled =
      calls
        .map(({ callId }) => callId)
        .toSorted()
        .join('\n') === settled.join('\n');
    const repeated = calls.flatMap(({ callId }, index) => (isNew(known, callId) ? [] : [index]));
    return [
      ...(isInText
        ? []
        : [problem('must be a place in the answer, behind the step before', 'steps', place, 'text_end')]),
      ...(isSettled ? [] : [problem('must have one for each call', 'steps', place, 'results')]),
      ...repeated.map((index) => problem('is the id of another call, too', 'steps', place, 'calls', index, 'call_id')),
    ];
  });
}

function isNew(known: Set<string>, callId: string): boolean {
  const size = known.size;
  return known.add(callId).size > size;
}
