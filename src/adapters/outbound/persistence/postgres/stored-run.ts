import { type Selectable, sql } from 'kysely';
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
import type { Tables } from './tables.js';

export const RUN_COLUMNS = [
  'runs.id',
  'runs.session_id',
  'runs.request_id',
  'runs.request',
  'runs.on_disconnect',
  'runs.status',
  'runs.attempts',
  'runs.epoch',
  'runs.stop_cause',
  'runs.finish_reason',
  'runs.usage',
  'runs.error',
  'runs.created_at',
  'runs.ended_at',
] as const;

/** Written out, not given as values: only so does the server know that an index for runs of one status serves. */
export const QUEUED = sql.lit('queued');
export const RUNNING = sql.lit('running');

type ColumnName<Column> = Column extends `runs.${infer Name}` ? Name : never;
export type RunRow = Pick<Selectable<Tables['runs']>, ColumnName<(typeof RUN_COLUMNS)[number]>>;

/** The run that a row holds. Throws when it is not as this store writes it. */
export function toRun(row: RunRow): Run {
  return runOf({
    id: row.id,
    sessionId: row.session_id,
    requestId: row.request_id,
    request: parseRequest(row.request),
    onDisconnect: storedOnDisconnect.parse(row.on_disconnect),
    status: storedStatus.parse(row.status),
    attempts: row.attempts,
    epoch: row.epoch,
    stopCause: optional(row.stop_cause, (cause) => storedStopCause.parse(cause)),
    finishReason: optional(row.finish_reason, (reason) => storedFinishReason.parse(reason)),
    usage: optional(row.usage, parseUsage),
    error: optional(row.error, parseRunError),
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
  });
}

function optional<Value>(stored: string | null, parse: (stored: string) => Value): Value | undefined {
  return stored === null ? undefined : parse(stored);
}
