import { z } from 'zod';
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { type ProblemStatus, problems } from '../documented.js';

/** How the AI SDK knows its own stream. */
export const UI_STREAM = { 'x-vercel-ai-ui-message-stream': 'v1' } as const;

export const uiMessageStream: ZodOpenApiResponseObject = {
  description: 'The UI message stream of the AI SDK: one JSON chunk per `data:` line, and last `[DONE]`.',
  headers: {
    'x-vercel-ai-ui-message-stream': { schema: { type: 'string', const: 'v1' }, description: 'What stream it is' },
    'X-Run-Id': { schema: { type: 'string' }, description: 'The run that answers' },
    'Content-Location': { schema: { type: 'string' }, description: 'Where the run can be looked at' },
  },
  content: { 'text/event-stream': { schema: z.string() } },
};

/** Refusals, whose body is a sentence for the page to show. */
export function refusals(...statuses: ProblemStatus[]): ZodOpenApiResponsesObject {
  const content = { 'text/plain': { schema: z.string() } };
  const told = Object.entries(problems(...statuses));
  return Object.fromEntries(told.map(([status, answer]) => [status, { ...answer, content }]));
}
