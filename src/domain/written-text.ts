import {
  brokenOff,
  openIn,
  type ReplyStep,
  unsettled,
  type WaitingCall,
  withoutOpen,
  withResults,
} from './reply-step.js';
import type { RunEnding, StopCause } from './run.js';
import { servedByIn } from './served-tools.js';

/** What a run has written when it ends. */
export interface WrittenText {
  readonly text: string;
  /** The number of the last event that was journalled. */
  readonly lastSequence: number;
  /** The answers that asked for calls. */
  readonly steps?: readonly ReplyStep[] | undefined;
  /** Those of their calls that a client or a person is to settle. */
  readonly open?: readonly WaitingCall[] | undefined;
}

/** Only a run that ended by asking leaves calls open; those of one that was to stop are skipped. Those that servers
 *  were running have no other result. */
export function callsAfter({ finishReason, at }: RunEnding, written: WrittenText, stopCause: StopCause | undefined) {
  const { steps = [], open = [] } = written;
  if (finishReason !== 'tool_calls') {
    const broken = servedIn(steps, open).map((callId) => brokenOff(callId, finishReason === 'cancelled', at));
    return { steps: withoutOpen(withResults(steps, broken)), open: [] };
  }
  if (stopCause === undefined) return { steps, open };
  const skipped = openIn(steps).map(({ callId }) => unsettled(callId, 'skipped', at));
  return { steps: withResults(steps, skipped), open: [] };
}

/** The calls that servers were running. */
function servedIn(steps: readonly ReplyStep[], open: readonly WaitingCall[]): readonly string[] {
  const ids = openIn(steps).flatMap(({ callId, toolName }) => (servedByIn(toolName) ? [callId] : []));
  return ids.filter((id) => !open.some(({ callId }) => callId === id));
}

/** What is empty is not kept. */
export function withSteps(steps: readonly ReplyStep[]): { readonly steps?: readonly ReplyStep[] } {
  return steps.length === 0 ? {} : { steps };
}
