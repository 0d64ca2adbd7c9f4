import type { Request, Response } from 'express';
import { z } from 'zod';
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { TurnWaits } from '../../../../application/use-cases/settle-calls.js';
import { CallError } from '../../../../domain/call-errors.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import { type ProblemStatus, problems } from '../documented.js';
import type { Door, DoorUseCases } from '../door/door.js';
import { type DoorTurn, type Sent, sendTurn } from '../door/send-turn.js';
import { streamFrames } from '../door/stream-frames.js';
import { wrongFields } from '../native/user-message.js';
import { type ProblemBody, problemSchema, sendJson } from '../problem.js';
import type { RequestContext } from '../request-context.js';
import { SseResponse } from '../sse-response.js';
import { finishedEvent, startedEvent } from './ag-ui-events.js';
import { AgUiFrames } from './ag-ui-frames.js';
import { parseRunInput, type RunInput, runInputSchema } from './run-input.js';
import { runTurn } from './run-turn.js';

/** The route of AG-UI's `HttpAgent`. */
export const agUiDoor: Door = (useCases, before) => [
  {
    method: 'post',
    path: '/ag-ui',
    access: 'internal-key',
    before,
    refuse: refuseAsJson,
    operation: {
      summary: 'Run an agent, for AG-UI',
      requestBody: { required: true, content: { 'application/json': { schema: runInputSchema } } },
      responses: { 200: agUiStream, ...refusals(400, 401, 404, 409, 410, 413, 415, 422, 429, 500, 503) },
    },
    async handle(request, response, context) {
      const input = parseRunInput(request.body, useCases.choices);
      const turn = runTurn(input);
      const sent = await taken(useCases, input, turn, request, context);
      if (sent.run === undefined) tellWaiting(sent, input, response);
      else await streamRun(sent, input, turn, useCases, response, context);
    },
  },
];

/** Answers to interrupts go first, also before what is said with them. Throws HttpProblem 422 where such an interrupt
 *  is not open. */
async function taken(
  useCases: DoorUseCases,
  { resume }: RunInput,
  turn: DoorTurn,
  request: Request,
  context: RequestContext,
): Promise<Sent> {
  if (resume.length === 0) return sendTurn(useCases, turn, request, context);
  try {
    if (turn.content === undefined) return await sendTurn(useCases, turn, request, context);
    await sendTurn(useCases, { ...turn, content: undefined, idempotencyKey: undefined }, request, context);
  } catch (error) {
    if (!(error instanceof CallError || error instanceof SessionNotFound)) throw error;
    throw wrongFields([{ path: 'resume', message: 'must answer open interrupts' }]);
  }
  return sendTurn(useCases, { ...turn, settlements: [], onBusy: 'queue' }, request, context);
}

async function streamRun(
  sent: Exclude<Sent, TurnWaits>,
  input: RunInput,
  { settlements = [] }: DoorTurn,
  { readTurn }: DoorUseCases,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const { run, replayed } = sent;
  const own = settlements.filter((said) => !('decision' in said)).map(({ callId }) => callId);
  const results = (await readTurn.resultsBefore(run)).filter(({ callId }) => !own.includes(callId));
  const frames = new AgUiFrames(input, { run, results, history: replayed ? input.history : undefined });
  await streamFrames(sent, frames, response, context);
}

/** No run goes on while calls are open: the client is told what is left to do. */
function tellWaiting({ openCalls }: TurnWaits, input: RunInput, response: Response): void {
  const sse = new SseResponse(response);
  sse.open({}, false);
  const approvals = openCalls.filter(({ state }) => state === 'awaiting_approval');
  const calls = openCalls.filter(({ state }) => state === 'open').map(({ callId }) => callId);
  sse.write(startedEvent(input) + finishedEvent(input, { calls, approvals }));
  sse.end();
}

/** Only so is it read by the client, and not merely shown. */
function refuseAsJson(problem: ProblemBody, response: Response): void {
  sendJson(response, problem);
}

const agUiStream: ZodOpenApiResponseObject = {
  description: 'The events of AG-UI: one JSON event per `data:` line, the last of them `RUN_FINISHED` or `RUN_ERROR`.',
  headers: {
    'X-Run-Id': { schema: { type: 'string' }, description: 'The run that answers' },
    'Content-Location': { schema: { type: 'string' }, description: 'Where the run can be looked at' },
  },
  content: { 'text/event-stream': { schema: z.string() } },
};

function refusals(...statuses: ProblemStatus[]): ZodOpenApiResponsesObject {
  const content = { 'application/json': { schema: problemSchema } };
  const told = Object.entries(problems(...statuses));
  return Object.fromEntries(told.map(([status, answer]) => [status, { ...answer, content }]));
}
