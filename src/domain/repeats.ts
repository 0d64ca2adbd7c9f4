import { IdempotencyMismatch } from './errors.js';
import { isSameRequest, type Run, type RunEnding, type RunLease, type RunRequest } from './run.js';
import { type RunOutcome, runIn, type SeenSession } from './session-head.js';

/** How long an idempotency key is known. */
export const KEY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** What was done already, when it is given again because its answer was lost on the way. */

export interface AcceptedBefore {
  readonly run: Run;
  /** It is not this process's to write: it is another message's, for the key was known, or another process was given
   *  it. */
  readonly replayed: boolean;
}

/** What became of a message that `writer` gives again: the same run, or the one that its idempotency key started.
 *  Throws IdempotencyMismatch. */
export function acceptedBefore(
  seen: SeenSession,
  runId: string,
  request: RunRequest,
  writer: string,
): AcceptedBefore | undefined {
  const { head, runs } = seen;
  const own = runs.get(runId);
  if (head !== undefined && own !== undefined) {
    const { active } = head;
    return { run: runIn(head, own), replayed: active?.id === runId && active.writer !== writer };
  }
  const run = startedByKey(seen, request);
  return run && { run, replayed: true };
}

/** The run that the idempotency key started. Throws IdempotencyMismatch. */
export function startedByKey({ head, keyed }: SeenSession, request: RunRequest): Run | undefined {
  if (head === undefined || keyed === undefined) return undefined;
  const run = runIn(head, keyed);
  if (!isSameRequest(run, request)) throw new IdempotencyMismatch();
  return run;
}

/** Whether this is the ending that the run has, given again by the one who gave it. */
export function isRepeated(outcome: RunOutcome, lease: RunLease, { finishReason, at }: RunEnding): boolean {
  return (
    outcome.epoch === lease.epoch && outcome.finishReason === finishReason && outcome.at.getTime() === at.getTime()
  );
}
