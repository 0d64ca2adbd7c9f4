import { z } from 'zod';
import { type Run, runOf } from '../../../../domain/run.js';
import {
  parseRequest,
  parseRunError,
  parseUsage,
  storedFinishReason,
  storedOnDisconnect,
  storedStatus,
  storedStopCause,
} from '../stored-shapes.js';

/** A run with its place in the file. */
export interface StoredRun {
  readonly key: number;
  /** The key of its session. */
  readonly session: number;
  readonly turn: number;
  readonly run: Run;
  readonly answer: string | undefined;
}

/** What `storedRun` reads, of `runs AS r JOIN sessions AS s`. */
export const RUN_COLUMNS = `
  r.key, r.id, r.session, s.id AS session_id, r.turn, r.status, r.epoch, r.attempts, r.stop_cause, r.request_id,
  r.on_disconnect, r.created_at, r.ended_at, r.finish_reason, r.usage, r.error, r.request, r.answer`;

const when = z.number().transform((milliseconds) => new Date(milliseconds));

export const storedRun = z
  .object({
    key: z.number(),
    id: z.string(),
    session: z.number(),
    session_id: z.string(),
    turn: z.number(),
    status: storedStatus,
    epoch: z.number(),
    attempts: z.number(),
    stop_cause: orUndefined(storedStopCause),
    request_id: z.string(),
    on_disconnect: storedOnDisconnect,
    created_at: when,
    ended_at: orUndefined(when),
    finish_reason: orUndefined(storedFinishReason),
    usage: orUndefined(z.string().transform(parseUsage)),
    error: orUndefined(z.string().transform(parseRunError)),
    request: z.string().transform(parseRequest),
    answer: orUndefined(z.string()),
  })
  .transform(
    ({ key, session, turn, answer, ...row }): StoredRun => ({
      key,
      session,
      turn,
      answer,
      run: runOf({
        id: row.id,
        sessionId: row.session_id,
        requestId: row.request_id,
        request: row.request,
        onDisconnect: row.on_disconnect,
        status: row.status,
        attempts: row.attempts,
        epoch: row.epoch,
        stopCause: row.stop_cause,
        finishReason: row.finish_reason,
        usage: row.usage,
        error: row.error,
        createdAt: row.created_at,
        endedAt: row.ended_at,
      }),
    }),
  );

/** SQL's null is our undefined. */
function orUndefined<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().transform((value) => value ?? undefined);
}
