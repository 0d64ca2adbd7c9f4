import { z } from 'zod';
import { RunNotFound } from '../../../../domain/errors.js';
import { endRun, type Run } from '../../../../domain/run.js';
import {
  parseRequest,
  parseRunError,
  parseUsage,
  storedFinishReason,
  storedOnDisconnect,
  storedStopCause,
} from '../stored-shapes.js';
import { RUN_FIELDS } from './scripts/session-lua.js';

/** A run as the scripts give it, and the channel of the process that writes it. */
export interface StoredRun {
  readonly run: Run;
  readonly owner: string | undefined;
}

/** The values of RUN_FIELDS; all absent where there is no such run. */
export const storedFields = z.array(z.string().nullable());
type StoredFields = z.output<typeof storedFields>;

const date = z.coerce.number().transform((milliseconds) => new Date(milliseconds));

const shape = z.object({
  requestId: z.string(),
  request: z.string().transform(parseRequest),
  onDisconnect: storedOnDisconnect,
  createdAt: date,
  status: z.enum(['queued', 'running', 'ended']),
  attempts: z.coerce.number(),
  epoch: z.coerce.number(),
  stop: storedStopCause.optional(),
  finishReason: storedFinishReason.optional(),
  usage: z.string().transform(parseUsage).optional(),
  error: z.string().transform(parseRunError).optional(),
  endedAt: date.optional(),
  owner: z.string().optional(),
} satisfies Record<(typeof RUN_FIELDS)[number], z.ZodType>);

/** What is stored of a run when it is accepted, besides its place: names and values in turn. */
export function fieldsOf({ requestId, request, onDisconnect, createdAt, attempts }: Run): readonly (string | number)[] {
  const fields = {
    requestId,
    request: JSON.stringify(request),
    onDisconnect,
    createdAt: createdAt.getTime(),
    attempts,
  };
  return Object.entries(fields).flat();
}

export function storedRun(sessionId: string, id: string, fields: StoredFields): StoredRun | undefined {
  const named = Object.fromEntries(RUN_FIELDS.map((name, index) => [name, fields[index] ?? undefined]));
  if (named.status === undefined) return undefined;
  const { owner, stop, status, finishReason, usage, error, endedAt, ...kept } = shape.parse(named);
  const none = { finishReason: undefined, usage: undefined, error: undefined, endedAt: undefined };
  const run: Run = {
    id,
    sessionId,
    ...kept,
    ...none,
    stopCause: stop,
    status: status === 'queued' ? status : 'running',
  };
  if (finishReason === undefined || endedAt === undefined) return { run, owner };
  return { run: endRun(run, { finishReason, usage, error, at: endedAt }), owner };
}

export function storedDate(milliseconds: string | null | undefined): Date {
  return date.parse(milliseconds);
}

/** Throws RunNotFound. */
export function runOf(sessionId: string, runId: string, fields: unknown): Run {
  const found = storedRun(sessionId, runId, storedFields.parse(fields));
  if (found === undefined) throw new RunNotFound(runId);
  return found.run;
}
