import type { RunEnd, RunFailure } from '../../../../domain/run-event.js';
import { ERROR_STATUS } from '../error-status.js';

/** Why a run has no good answer, and the status that says so where nothing was answered yet. */
export interface BadEnding {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Undefined where the answer is good, or cut where the model or this service has its limit. */
export function badEndingOf(
  { finishReason }: Pick<RunEnd, 'finishReason'>,
  failure: Pick<RunFailure, 'code' | 'message'> | undefined,
): BadEnding | undefined {
  if (finishReason === 'cancelled' || finishReason === 'interrupted')
    return { status: 409, code: finishReason, message: `The run was ${finishReason} before its end.` };
  if (finishReason !== 'error') return undefined;
  const { code, message } = failure ?? { code: 'run_failed', message: 'The run failed.' };
  return { status: ERROR_STATUS[code], code, message };
}
