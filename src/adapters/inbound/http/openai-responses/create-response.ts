import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { collectAnswer } from '../../../../application/collect-answer.js';
import { json } from '../documented.js';
import type { DoorUseCases } from '../door/door.js';
import { sendTurn } from '../door/send-turn.js';
import { streamFrames } from '../door/stream-frames.js';
import type { Endpoint } from '../endpoint.js';
import { type ReadableRun, runHeaders } from '../native/stream-run.js';
import { idempotencyKey } from '../native/user-message.js';
import { badEndingOf } from '../openai/openai-ending.js';
import { NOT_AGAIN, openAiError, openAiErrors, refuseAsOpenAi, stillWaiting } from '../openai/openai-error.js';
import { sendJson } from '../problem.js';
import type { RequestContext } from '../request-context.js';
import { ResponseFrames } from './response-frames.js';
import { parseResponseRequest, responseRequestSchema } from './response-request.js';
import { turnOf } from './response-turn.js';
import { type ResponseView, responseSchema, responseViewOf } from './response-view.js';
import { tellEnded, tellNow } from './tell-response.js';

/** POST what is asked: the response as a stream, whole, or at once while it is written in the background. */
export function createResponse(useCases: DoorUseCases, before: readonly RequestHandler[]): Endpoint {
  return {
    method: 'post',
    path: '/v1/responses',
    access: 'internal-key',
    before,
    refuse: refuseAsOpenAi,
    operation: documented,
    async handle(request, response, context) {
      const asked = parseResponseRequest(request.body, useCases.choices);
      const turn = await turnOf(asked, idempotencyKey(request), useCases, context);
      const sent = await sendTurn(useCases, turn, request, context);
      if (sent.run === undefined) throw stillWaiting();
      const { run, replayed } = sent;
      if (replayed) response.set('Idempotency-Replayed', 'true');
      const view = responseViewOf(run, useCases.choices);
      if (asked.isStreamed) return streamFrames(sent, new ResponseFrames(run.id, view), response, context);
      if (!asked.isInBackground) return answerWhole(sent, view, response, context);
      response.set(runHeaders(run));
      await tellNow(run, useCases, response, context);
    },
  };
}

async function answerWhole(
  sent: ReadableRun,
  view: ResponseView,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const answer = await collectAnswer(sent, context.clientLeft);
  if (answer === undefined) return;
  response.set(runHeaders(sent.run));
  const { end, failure } = answer;
  const bad = end.finishReason === 'error' ? badEndingOf(end, failure) : undefined;
  if (bad === undefined) return tellEnded(sent, answer, view, response, context);
  sendJson(response.status(bad.status).set(NOT_AGAIN), openAiError(bad.status, bad.code, bad.message));
}

const documented = {
  summary: 'Responses, as OpenAI has them',
  requestParams: {
    header: z.object({
      'Idempotency-Key': z.string().optional().meta({ description: 'The same key is the same response.' }),
    }),
  },
  requestBody: { required: true, content: { 'application/json': { schema: responseRequestSchema } } },
  responses: {
    200: {
      ...json(responseSchema, 'The response; with `stream`, its events, each with `event:` and `data:`'),
      content: {
        'application/json': { schema: responseSchema },
        'text/event-stream': { schema: z.string() },
      },
    },
    ...openAiErrors(400, 401, 404, 409, 413, 415, 429, 500, 502, 503, 504),
  },
};
