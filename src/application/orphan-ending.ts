import type { Run, RunEnding, RunError } from '../domain/run.js';

export type OrphanEnding = Omit<RunEnding, 'at'>;

/** A run whose first writer died before any token has one more try; a run that outlives its second writer has none. */
const MAX_WRITERS = 2;

export const RUN_FAILED: RunError = {
  code: 'run_failed',
  message: 'The answer failed inside the service; try again.',
  retryable: true,
};

/** How a run ends whose writer is gone, when its journal stands at `last`. What readers saw cannot be taken back and
 *  cannot be continued, so it ends there. Undefined when nothing was seen and it can be answered afresh. Every writer
 *  begins with the same `opening` events, so they are nothing that was seen. */
export function orphanEnding(run: Run, last: number, opening: number): OrphanEnding | undefined {
  if (last > opening || run.stopCause !== undefined) return unanswered(run.stopCause ?? 'interrupted');
  return run.epoch > MAX_WRITERS ? unanswered('error', RUN_FAILED) : undefined;
}

function unanswered(finishReason: OrphanEnding['finishReason'], error?: RunError): OrphanEnding {
  return { finishReason, usage: undefined, error };
}
