import type { Request } from 'express';
import { z } from 'zod';
import { collectAnswer } from '../../../../application/collect-answer.js';
import type { Caller } from '../../../../domain/caller.js';
import { RunNotFound } from '../../../../domain/errors.js';
import { isEnded, type Run } from '../../../../domain/run.js';
import { json } from '../documented.js';
import type { DoorUseCases } from '../door/door.js';
import { streamFrames } from '../door/stream-frames.js';
import { type Endpoint, pathParameter } from '../endpoint.js';
import { HttpProblem } from '../http-problem.js';
import { openAiErrors, refuseAsOpenAi } from '../openai/openai-error.js';
import { sendJson } from '../problem.js';
import type { RequestContext } from '../request-context.js';
import { ResponseFrames } from './response-frames.js';
import { runIdIn } from './response-id.js';
import { isStored, responseSchema, responseViewOf } from './response-view.js';
import { tellEnded, tellNow } from './tell-response.js';

const responsePath = z.object({ id: z.string().meta({ description: 'A response, `resp_<run>`.' }) });

/** GET a response or its events, POST its cancellation, DELETE it. */
export function storedResponseRoutes(useCases: DoorUseCases): readonly Endpoint[] {
  return [getResponse(useCases), cancelResponse(useCases), deleteResponse(useCases)];
}

function getResponse(useCases: DoorUseCases): Endpoint {
  return {
    method: 'get',
    path: '/v1/responses/{id}',
    access: 'internal-key',
    refuse: refuseAsOpenAi,
    operation: {
      summary: 'A response as it stands, or its events',
      requestParams: {
        path: responsePath,
        query: z.object({
          stream: z.enum(['true', 'false']).optional().meta({ description: 'Its events, from the start.' }),
          starting_after: z.string().optional().meta({ description: 'Only those behind this `sequence_number`.' }),
        }),
      },
      responses: {
        200: {
          ...json(responseSchema, 'It'),
          content: { 'application/json': { schema: responseSchema }, 'text/event-stream': { schema: z.string() } },
        },
        ...openAiErrors(400, 401, 404, 410, 500, 503),
      },
    },
    async handle(request, response, context) {
      const after = startingAfter(request);
      const run = await storedRun(request, useCases, context);
      if (request.query.stream !== 'true') return tellNow(run, useCases, response, context);
      const readable = await useCases.resumeStream.execute(run.id, context, 0);
      const frames = new ResponseFrames(run.id, responseViewOf(run, useCases.choices), after);
      await streamFrames(readable, frames, response, context);
    },
  };
}

function cancelResponse(useCases: DoorUseCases): Endpoint {
  return {
    method: 'post',
    path: '/v1/responses/{id}/cancel',
    access: 'internal-key',
    refuse: refuseAsOpenAi,
    operation: {
      summary: 'Stop a response; what it wrote is kept',
      requestParams: { path: responsePath },
      responses: {
        200: json(responseSchema, 'The response: stopped, or as it had ended before'),
        ...openAiErrors(401, 404, 500, 503),
      },
    },
    async handle(request, response, context) {
      const run = await storedRun(request, useCases, context);
      const told = await stopped(run, useCases, context);
      if (told === undefined) return tellNow(run, useCases, response, context);
      await tellEnded(told.readable, told.answer, responseViewOf(run, useCases.choices), response, context);
    },
  };
}

/** Its ending, where there is one within a second. */
async function stopped(run: Run, { cancelRun, replay }: DoorUseCases, context: RequestContext) {
  if (isEnded(run)) return undefined;
  const asked = await cancelRun.execute(run.id, context);
  const patience = AbortSignal.any([context.clientLeft, AbortSignal.timeout(STOPPING_MILLISECONDS)]);
  const readable = await replay.again(asked.run);
  const answer = await collectAnswer(readable, patience);
  return answer && { readable, answer };
}

const STOPPING_MILLISECONDS = 1000;

function deleteResponse(useCases: DoorUseCases): Endpoint {
  return {
    method: 'delete',
    path: '/v1/responses/{id}',
    access: 'internal-key',
    refuse: refuseAsOpenAi,
    operation: {
      summary: 'Forget a response',
      requestParams: { path: responsePath },
      responses: {
        200: json(deletedSchema, 'It is not there any more'),
        ...openAiErrors(401, 404, 409, 500, 503),
      },
    },
    async handle(request, response, context) {
      const run = await storedRun(request, useCases, context);
      await stopped(run, useCases, context);
      if (!(await useCases.forgetRun.execute(run.id, context)))
        throw new HttpProblem(409, 'session_busy', 'The response is still being stopped; try again.');
      sendJson(response, { id: pathParameter(request, 'id'), object: 'response', deleted: true });
    },
  };
}

const deletedSchema = z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) });

/** Throws HttpProblem 400. */
function startingAfter({ query }: Request): number | undefined {
  const { starting_after: after } = query;
  if (after === undefined) return undefined;
  if (typeof after === 'string' && WHOLE_NUMBER.test(after)) return Number(after);
  throw new HttpProblem(400, 'invalid_cursor', 'starting_after must be the sequence_number of an event.');
}

const WHOLE_NUMBER = /^(0|[1-9][0-9]{0,14})$/;

/** Throws HttpProblem 404 for what is unknown, and for what its client did not want to be stored. */
async function storedRun(request: Request, { getRun }: DoorUseCases, by: Caller): Promise<Run> {
  const runId = runIdIn(pathParameter(request, 'id'));
  try {
    const found = runId === undefined ? undefined : await getRun.execute(runId, by);
    if (found !== undefined && isStored(found.run)) return found.run;
  } catch (error) {
    if (!(error instanceof RunNotFound)) throw error;
  }
  throw new HttpProblem(404, 'run_not_found', 'There is no response with this id, or it was not stored.');
}
