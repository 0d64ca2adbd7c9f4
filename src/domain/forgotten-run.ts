import type { SessionChange } from './session-change.js';
import type { SessionHead } from './session-head.js';
import type { AskingRun } from './waiting-turn.js';

/** Whoever began a run does not want to read it again. Nothing else changes. */
export function forget(head: SessionHead, { birth, outcome, answer }: AskingRun): SessionChange {
  return { head, outcomes: [{ runId: birth.id, outcome: { ...outcome, isForgotten: true }, answer }] };
}
