import type { z } from 'zod';
import type { RunBirth } from '../../../../domain/run.js';
import type { RunOutcome } from '../../../../domain/session-head.js';
import type { WholeRun } from '../../../../domain/whole-session.js';
import { present, type runRecordSchema } from './run-record-schema.js';

type RunRecord = z.output<typeof runRecordSchema>;

/** A run as an export has it, once it was read. */
export function wholeRun(sessionId: string, run: RunRecord): WholeRun {
  return { birth: present(birthIn(sessionId, run)), outcome: present(outcomeIn(run)), answer: run.answer };
}

/** Every field of it: one that is missing here would be lost on the way. Whose it is, its session says. */
function birthIn(sessionId: string, run: RunRecord) {
  return {
    id: run.run_id,
    sessionId,
    userId: undefined,
    requestId: run.request_id,
    request: run.request,
    onDisconnect: run.on_disconnect,
    createdAt: run.created_at,
    takesBack: run.takes_back,
    continues: run.continues,
    inherited: run.inherited,
    switchedFrom: run.switched_from,
  } satisfies Record<keyof RunBirth, unknown>;
}

/** The same. Whom its writer was given next is of no use any more, and no document is trusted to count tokens. */
function outcomeIn(run: RunRecord) {
  return {
    finishReason: run.finish_reason,
    usage: run.usage ?? undefined,
    error: run.error ?? undefined,
    at: run.ended_at,
    attempts: run.attempts,
    epoch: run.epoch,
    stopCause: run.stop_cause,
    model: run.model ?? undefined,
    context: run.context ?? undefined,
    steps: run.steps,
    isRefused: run.is_refused,
    isForgotten: run.is_forgotten,
    continuedBy: run.continued_by,
    next: undefined,
    counts: undefined,
  } satisfies Record<keyof RunOutcome, unknown>;
}
