import { z } from 'zod';
import type { ZodOpenApiMediaTypeObject, ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemSchema } from './problem.js';

/** The parts of which the endpoints describe themselves for the OpenAPI document. */

const PROBLEMS = {
  400: 'The request cannot be read',
  401: 'No or a wrong internal key',
  404: 'Unknown, or no longer kept',
  409: 'The session is answering another message or waits for calls, the call is settled, or several users have it',
  410: 'The stream is no longer kept',
  413: 'The body, the message or its session is too large',
  415: 'The body is no plain JSON',
  422: 'A field is missing or wrong',
  429: 'Too many messages wait in this session, or came with this key',
  500: 'The service failed',
  502: 'The upstream failed',
  503: 'No new message is taken just now; see Retry-After',
  504: 'The upstream took too long',
} as const;

const RETRIED: readonly number[] = [409, 429, 503];

export type ProblemStatus = keyof typeof PROBLEMS;

export function problems(...statuses: ProblemStatus[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(statuses.map((status) => [`${status}`, problemAnswer(status)]));
}

function problemAnswer(status: ProblemStatus): ZodOpenApiResponseObject {
  const answer = { description: PROBLEMS[status], content: { 'application/problem+json': { schema: problemSchema } } };
  if (!RETRIED.includes(status)) return answer;
  return { ...answer, headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } } };
}

export function json(schema: ZodOpenApiMediaTypeObject['schema'], description: string): ZodOpenApiResponseObject {
  return { description, content: { 'application/json': { schema } } };
}

export const eventStream: ZodOpenApiResponseObject = {
  description: [
    'Server-sent events. `id` is `<run>-<number>`; each `data` is one of:',
    'a token `{"token":"Hello ","is_final":false,"type":"assistant_message"}`;',
    'a call `{"type":"tool_call","call_id":"c1","tool_name":"read_file","arguments":{"path":"a"},"requires_approval":false,"is_final":false}`;',
    'of a call that was settled within the run, `{"type":"tool_result","call_id":"c1","tool_name":"read_file","status":"ok","content":"…","is_final":false}`;',
    'where `include` asks for it, pieces of arguments `{"type":"tool_call_arguments","call_id":"c1","tool_name":"read_file","arguments":"{\\"pa","is_final":false}`, reasoning `{"type":"reasoning","token":"hm, ","is_final":false}`',
    'and usage `{"type":"usage","prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"is_final":false}`;',
    'first of a `switch_agent`, `{"type":"agent_switched","content":"Switched to coder","metadata":{"from_agent":"default","to_agent":"coder"},"is_final":false}`;',
    'an error `{"type":"error","code":"…","error":"…","retryable":true,"is_final":false}`;',
    'the ending `{"token":"","is_final":true,"type":"assistant_message"}`, with `finish_reason` unless that is `stop`;',
    'and last, without an id, `[DONE]`. Comments (`: ping`) keep the connection busy.',
  ].join(' '),
  headers: {
    'X-Run-Id': { schema: { type: 'string' }, description: 'The run that answers' },
    'Content-Location': { schema: { type: 'string' }, description: 'Where the run can be looked at' },
    'Idempotency-Replayed': {
      schema: { type: 'string', const: 'true' },
      description: 'The message had been sent before',
    },
  },
  content: { 'text/event-stream': { schema: z.string() } },
};

export const lastEventId = {
  header: z.object({
    'Last-Event-ID': z.string().optional().meta({ description: 'The last event seen; the stream goes on behind it.' }),
  }),
  query: z.object({
    last_event_id: z
      .string()
      .optional()
      .meta({ description: 'The same where a header cannot be sent; the header wins.' }),
  }),
};

export const sessionPath = z.object({ id: z.string().meta({ description: 'A session_id.' }) });
export const runPath = z.object({ run: z.string().meta({ description: 'A run_id.' }) });
