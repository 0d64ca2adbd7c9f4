import type { Request, RequestHandler, Response } from 'express';
import type { TurnWaits } from '../../../../application/use-cases/settle-calls.js';
import { RunNotFound } from '../../../../domain/errors.js';
import type { Door, DoorUseCases } from '../door/door.js';
import { type DoorTurn, type Sent, sendTurn } from '../door/send-turn.js';
import { streamFrames } from '../door/stream-frames.js';
import type { Endpoint } from '../endpoint.js';
import type { ReadableRun } from '../native/stream-run.js';
import type { RequestContext } from '../request-context.js';
import { SseResponse } from '../sse-response.js';
import { answerId } from './asked-turn.js';
import { chatRequestSchema, parseChatRequest } from './chat-request.js';
import { chatTurn, unknownMessage } from './chat-turn.js';
import { refusals, UI_STREAM, uiMessageStream } from './documented-chat.js';
import { refuseAsText } from './refuse-as-text.js';
import { runningChatRoutes } from './running-chat.routes.js';
import { UiMessageFrames } from './ui-message-frames.js';
import { waitingMessage } from './waiting-message.js';

/** The routes of the AI SDK's `useChat`, whose page sets `api: "/ai/chat"`. */
export const aiSdkDoor: Door = (useCases, before) => [
  postChat(useCases, before),
  ...runningChatRoutes(useCases, before),
];

function postChat(useCases: DoorUseCases, before: readonly RequestHandler[]): Endpoint {
  return {
    method: 'post',
    path: '/ai/chat',
    access: 'internal-key',
    before,
    refuse: refuseAsText,
    operation: {
      summary: 'Say something in a chat of the AI SDK, say it again, or tell what became of calls',
      requestBody: { required: true, content: { 'application/json': { schema: chatRequestSchema } } },
      responses: { 200: uiMessageStream, ...refusals(400, 401, 404, 409, 413, 415, 422, 429, 500, 503) },
    },
    async handle(request, response, context) {
      const chat = parseChatRequest(request.body, useCases.choices);
      const { turn, answers } = await chatTurn(chat, { ...useCases, by: context });
      const sent = await taken(useCases, turn, request, context);
      if (sent.run === undefined) tellWaiting(sent, answers, response);
      else await streamAnswer(sent, { turn, answers }, useCases, response, context);
    },
  };
}

/** Throws HttpProblem 422 where what is to be taken back was never in this chat, or is no longer. */
async function taken(useCases: DoorUseCases, turn: DoorTurn, request: Request, context: RequestContext): Promise<Sent> {
  try {
    return await sendTurn(useCases, turn, request, context);
  } catch (error) {
    throw error instanceof RunNotFound ? unknownMessage() : error;
  }
}

interface AskedFor {
  readonly turn: DoorTurn;
  readonly answers: string | undefined;
}

/** What the page has told itself, it has: the other results it is told first. */
async function streamAnswer(
  { run, read }: ReadableRun,
  { turn, answers }: AskedFor,
  { readTurn }: DoorUseCases,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const own = (turn.settlements ?? []).filter((said) => !('decision' in said)).map(({ callId }) => callId);
  const results = (await readTurn.resultsBefore(run)).filter(({ callId }) => !own.includes(callId));
  const messageId = answers ?? answerId(run.continues?.turn ?? run.id);
  const frames = new UiMessageFrames(messageId, [{ run, results }]);
  await streamFrames({ run, read }, frames, response, context, { headers: UI_STREAM });
}

/** Calls that a person has allowed are made by the page, while others are open. */
function tellWaiting({ allowed }: TurnWaits, answers: string | undefined, response: Response): void {
  const sse = new SseResponse(response);
  sse.open(UI_STREAM, false);
  sse.write(waitingMessage(answers, allowed));
  sse.end();
}
