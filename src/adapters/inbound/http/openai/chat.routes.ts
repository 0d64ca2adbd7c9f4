import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { collectAnswer } from '../../../../application/collect-answer.js';
import type { Choice } from '../../../../domain/choice.js';
import { json } from '../documented.js';
import type { DoorUseCases } from '../door/door.js';
import { resentTurn } from '../door/resent-turn.js';
import { type DoorTurn, type Sent, sendTurn } from '../door/send-turn.js';
import { streamFrames } from '../door/stream-frames.js';
import type { Endpoint } from '../endpoint.js';
import { HttpProblem } from '../http-problem.js';
import { SESSION_ID } from '../native/session-id.js';
import { type ReadableRun, runHeaders } from '../native/stream-run.js';
import { idempotencyKey, wrongFields } from '../native/user-message.js';
import { sendJson } from '../problem.js';
import type { RequestContext } from '../request-context.js';
import { ChatFrames } from './chat-frames.js';
import { instructionsIn, resentMessages } from './chat-messages.js';
import { type ChatRequest, chatRequestSchema, parseChatRequest } from './chat-request.js';
import { chatCompletionSchema } from './chat-view.js';
import { openAiChoice, toldModel } from './openai-choice.js';
import { badEndingOf } from './openai-ending.js';
import { NOT_AGAIN, openAiError, openAiErrors, refuseAsOpenAi, stillWaiting } from './openai-error.js';
import { sendCompletion } from './send-completion.js';

/** POST the messages of a chat: its answer as OpenAI's chat completions have it, streamed or whole. */
export function chatRoutes(useCases: DoorUseCases, before: readonly RequestHandler[]): readonly Endpoint[] {
  return [
    {
      method: 'post',
      path: '/v1/chat/completions',
      access: 'internal-key',
      before,
      refuse: refuseAsOpenAi,
      operation: documented,
      async handle(request, response, context) {
        const asked = parseChatRequest(request.body, useCases.choices);
        const sent = await sendTurn(useCases, turnOf(asked, request, useCases), request, context);
        if (sent.run === undefined) throw stillWaiting();
        const { replayed, run } = sent;
        if (replayed) response.set('Idempotency-Replayed', 'true');
        const options = { model: toldModel(run, useCases.choices), includesUsage: asked.includesUsage };
        if (asked.isStreamed) await streamFrames(sent, new ChatFrames(run, options), response, context);
        else await answerWhole(sent, options.model, response, context);
      },
    },
  ];
}

/** Without a session the client keeps the history, and no client can come back to its run. */
function turnOf(asked: ChatRequest, request: Request, { ids, choices }: DoorUseCases): DoorTurn {
  const sessionId = sessionIdOf(request);
  const resent = resentMessages(asked.messages);
  const { content, results } = resentTurn(resent);
  const choice = openAiChoice({ ...asked, instructions: instructionsIn(asked.messages) }, choices);
  if (sessionId === undefined) return withoutSession(asked, content, choice, ids.next());
  if (content === undefined && results.length === 0) throw wrongFields([{ path: 'messages', message: NOTHING_NEW }]);
  const turn = { sessionId, content, settlements: results, choice, onBusy: 'reject' as const };
  return { ...turn, idempotencyKey: idempotencyKey(request) };
}

const NOTHING_NEW = 'must have a message of the user, or the results of calls, behind the last one of the assistant';

function withoutSession({ messages }: ChatRequest, content = '', choice: Choice, sessionId: string): DoorTurn {
  const instructions = instructionsIn(messages) === undefined ? choice.instructions : '';
  const whole = { ...choice, instructions, transcript: messages };
  return { sessionId, content, choice: whole, onDisconnect: 'cancel' };
}

/** Throws HttpProblem 400. */
function sessionIdOf(request: Request): string | undefined {
  const id = request.get('X-Session-Id');
  if (id === undefined || SESSION_ID.test(id)) return id;
  const right = 'X-Session-Id must be 1 to 128 of A-Z a-z 0-9 _ . - and begin with a letter or digit.';
  throw new HttpProblem(400, 'invalid_request', right);
}

async function answerWhole(
  sent: ReadableRun & Sent,
  model: string,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const { run } = sent;
  const answer = await collectAnswer(sent, context.clientLeft);
  if (answer === undefined) return;
  response.set(runHeaders(run));
  const bad = badEndingOf(answer.end, answer.failure);
  if (bad === undefined) return sendCompletion(sent, model, answer, response, context);
  sendJson(response.status(bad.status).set(NOT_AGAIN), openAiError(bad.status, bad.code, bad.message));
}

const documented = {
  summary: 'Chat Completions, as OpenAI has them',
  requestParams: {
    header: z.object({
      'X-Session-Id': z.string().optional().meta({
        description: 'The session to go on with: of `messages`, only what follows the last answer is new then.',
      }),
      'Idempotency-Key': z.string().optional().meta({ description: 'Makes sending again safe, with a session.' }),
    }),
  },
  requestBody: { required: true, content: { 'application/json': { schema: chatRequestSchema } } },
  responses: {
    200: {
      ...json(chatCompletionSchema, 'The answer; with `stream`, `data:` lines of chunks, and `[DONE]` last'),
      content: {
        'application/json': { schema: chatCompletionSchema },
        'text/event-stream': { schema: z.string() },
      },
    },
    ...openAiErrors(400, 401, 409, 413, 415, 429, 500, 502, 503, 504),
  },
};
