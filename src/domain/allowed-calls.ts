import { end } from './conversation.js';
import { headHeldBy } from './held-head.js';
import { brokenOff, type CallResult, openIn } from './reply-step.js';
import type { RunEnding, RunLease } from './run.js';
import type { SessionChange } from './session-change.js';
import type { SeenSession } from './session-head.js';
import { type AskingRun, settledRecord, withCounted } from './waiting-turn.js';
import type { WrittenText } from './written-text.js';

/** Calls that a person has allowed are made by the run that goes on. Their results are those of the run that asked. */

/** What became of such calls. Undefined where all of it was kept before. Throws RunNotFound, RunEnded, LeaseLost. */
export function keepResults(
  seen: SeenSession,
  lease: RunLease,
  asking: AskingRun,
  results: readonly CallResult[],
): SessionChange | undefined {
  const head = headHeldBy(seen, lease);
  const open = openIn(asking.outcome.steps ?? []);
  const news = results.filter((result) => open.some(({ callId }) => callId === result.callId));
  if (news.length === 0) return undefined;
  return { head: withCounted(head, asking, news), outcomes: [settledRecord(asking, news)] };
}

/** The run that was to make them ends: no call of `asking` is left without a result. Throws as `end` does. */
export function endAfterCalls(
  seen: SeenSession,
  lease: RunLease,
  ending: RunEnding,
  written: WrittenText,
  writer: string | undefined,
  asking: AskingRun | undefined,
): SessionChange {
  const left = asking && keepResults(seen, lease, asking, brokenOffIn(asking, ending));
  if (asking === undefined || left === undefined) return end(seen, lease, ending, written, writer, asking);
  const [kept, ...none] = left.outcomes ?? [];
  const settled = { ...asking, outcome: kept?.outcome ?? asking.outcome };
  const change = end({ ...seen, head: left.head }, lease, ending, written, writer, settled);
  const { outcomes = [] } = change;
  const isKept = outcomes.some(({ runId }) => runId === asking.birth.id);
  return isKept ? change : { ...change, outcomes: [...(kept ? [kept] : none), ...outcomes] };
}

function brokenOffIn({ outcome }: AskingRun, { finishReason, at }: RunEnding): readonly CallResult[] {
  return openIn(outcome.steps ?? []).map(({ callId }) => brokenOff(callId, finishReason === 'cancelled', at));
}
