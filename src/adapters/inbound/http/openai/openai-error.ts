import type { Response } from 'express';
import { z } from 'zod';
import type { ZodOpenApiResponsesObject } from 'zod-openapi';
import { json } from '../documented.js';
import { HttpProblem } from '../http-problem.js';
import { type ProblemBody, sendJson } from '../problem.js';

const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string().meta({ example: 'invalid_request_error' }),
      param: z.string().nullable().meta({ description: 'The field that is wrong.' }),
      code: z.string().meta({ description: 'As natively.', example: 'session_busy' }),
    }),
  })
  .meta({ id: 'OpenAiError' });

type OpenAiError = z.input<typeof openAiErrorSchema>;

/** An error as clients of OpenAI read it; `status` is what it has or would have as an answer. */
export function openAiError(status: number, code: string, message: string, param: string | null = null): OpenAiError {
  return { error: { message, type: typeOf(status), param, code } };
}

/** Refuses as OpenAI does, which knows no 422. */
export function refuseAsOpenAi({ status, code, detail, errors }: ProblemBody, response: Response): void {
  if (status === 422) response.status(400);
  sendJson(response, openAiError(status, code, detail, errors?.[0]?.path || null));
}

/** What these clients ask twice again would begin another run. */
export const NOT_AGAIN = { 'X-Should-Retry': 'false' } as const;

/** A model cannot go on before each of its calls has a result. */
export function stillWaiting(): HttpProblem {
  return new HttpProblem(409, 'session_busy', 'Other calls of this answer have no result yet; send theirs, too.');
}

export function openAiErrors(...statuses: readonly (keyof typeof ERRORS)[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(statuses.map((status) => [`${status}`, json(openAiErrorSchema, ERRORS[status])]));
}

const ERRORS = {
  400: 'The request cannot be read, or a field is missing or wrong',
  401: 'No or a wrong internal key',
  404: 'Unknown, or no longer kept',
  409: 'The session is answering another message; or the run was stopped before its end',
  410: 'The stream is no longer kept',
  413: 'The body, the message or its session is too large',
  415: 'The body is no plain JSON',
  429: 'Too many messages came with this key',
  500: 'The service failed',
  502: 'The upstream failed',
  503: 'No new message is taken just now; see Retry-After',
  504: 'The upstream took too long',
} as const;

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
