import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import { z } from 'zod';
import { SessionExists } from '../../../domain/bringing-errors.js';
import { CallError } from '../../../domain/call-errors.js';
import { DomainError, SessionBusy, ShuttingDown } from '../../../domain/errors.js';
import { UnfitFields } from '../../../domain/field-problem.js';
import { SessionAmbiguous } from '../../../domain/session-ambiguous.js';
import { ERROR_STATUS, RETRY_AFTER } from './error-status.js';
import { HttpProblem } from './http-problem.js';
import { openCallSchema, openCallView } from './native/call-view.js';

/** The body of every error answer (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:agent-runtime:problem:session_busy' }),
    title: z.string().meta({ example: 'Conflict' }),
    status: z.int().meta({ example: 409 }),
    detail: z.string().meta({ description: 'What is wrong and what would be right, for people.' }),
    code: z
      .string()
      .meta({ description: `What is wrong, for programs. Among others, ${codesByStatus()}.`, example: 'session_busy' }),
    request_id: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'With status 422: field by field. The path "" is the body itself.' }),
    open_calls: z
      .array(openCallSchema)
      .optional()
      .meta({ description: 'What the session waits for, when it is busy.' }),
    run_id: z.string().optional().meta({ description: 'The run that keeps the session busy, or that failed.' }),
  })
  .meta({ id: 'Problem' });

/** Those of the rules; what cannot be read at all has some of its own. */
function codesByStatus(): string {
  const codes = Map.groupBy(Object.entries(ERROR_STATUS), ([, status]) => status);
  const told = [...codes].map(([status, ofStatus]) => `with ${status} ${ofStatus.map(([code]) => code).join(', ')}`);
  return told.join('; ');
}

export type ProblemBody = z.input<typeof problemSchema>;

export interface Problem {
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer to an error; undefined when it is none that a client may know, and the answer is 500. */
export function problemOf(error: unknown, requestId: string): Problem | undefined {
  if (error instanceof HttpProblem) return fromHttpProblem(error, requestId);
  if (error instanceof DomainError) return fromDomainError(error, requestId);
  const status = statusOf(error);
  if (status === undefined) return undefined;
  const body = problemBody(status, 'bad_request', 'The request cannot be read; check its path and headers.', requestId);
  return { body, headers: {} };
}

export function problemBody(status: number, code: string, detail: string, requestId: string): ProblemBody {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:agent-runtime:problem:${code}`, title, status, detail, code, request_id: requestId };
}

/** How a refusal is told. Its status is set already. */
export type Refuse = (problem: ProblemBody, response: Response) => void;

/** As RFC 9457 has it. */
export function refuseAsProblem(body: ProblemBody, response: Response): void {
  sendJson(response, body, 'application/problem+json');
}

/** As bytes, for Express would add a charset, and JSON has none. */
export function sendJson(response: Response, body: unknown, contentType = 'application/json'): void {
  response.setHeader('Content-Type', contentType);
  response.send(Buffer.from(JSON.stringify(body)));
}

function fromHttpProblem(error: HttpProblem, requestId: string): Problem {
  const body = problemBody(error.status, error.code, error.message, requestId);
  if (error.errors === undefined) return { body, headers: error.headers };
  return { body: { ...body, errors: [...error.errors] }, headers: error.headers };
}

function fromDomainError(error: DomainError, requestId: string): Problem {
  const status = ERROR_STATUS[error.code];
  const body = problemBody(status, error.code, error.message, requestId);
  const isForGood = error instanceof CallError || error instanceof SessionExists || error instanceof SessionAmbiguous;
  const retryAfter = isForGood ? undefined : RETRY_AFTER[status];
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
  // The next request of this connection is to reach another replica.
  if (error instanceof ShuttingDown) headers.Connection = 'close';
  return { body: { ...body, ...whatElseIsTold(error) }, headers };
}

function whatElseIsTold(error: DomainError): Pick<ProblemBody, 'errors' | 'run_id' | 'open_calls'> {
  if (error instanceof UnfitFields)
    return { errors: error.problems.map(({ path, message }) => ({ path: path.join('.'), message })) };
  if (!(error instanceof SessionBusy)) return {};
  const { runId, openCalls } = error;
  return { run_id: runId, ...(openCalls && { open_calls: openCalls.map(openCallView) }) };
}

/** Express and its parsers give their errors a status: a path that cannot be decoded, for one. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
