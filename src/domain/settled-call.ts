import { type CallStatus, callIn } from './reply-step.js';
import type { EndedRecord } from './session-change.js';

/** What became of a call, for those who watch. */
export interface SettledCall {
  readonly toolName: string;
  readonly status: CallStatus;
  /** Since the end of the run that asked for it, in milliseconds; undefined where that run settled it itself. */
  readonly waited: number | undefined;
}

/** The calls that are settled with a step. */
export function settledCalls(outcomes: readonly EndedRecord[]): readonly SettledCall[] {
  return outcomes.flatMap(({ outcome, settled = [] }) =>
    settled.map(({ callId, status, at }) => {
      const waited = at.getTime() - outcome.at.getTime();
      const toolName = callIn(outcome.steps, callId)?.toolName ?? '';
      return { toolName, status, waited: waited > 0 ? waited : undefined };
    }),
  );
}
