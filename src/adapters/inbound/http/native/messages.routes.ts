import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { collectAnswer } from '../../../../application/collect-answer.js';
import type { GetRun } from '../../../../application/use-cases/get-run.js';
import type { RepeatMessage } from '../../../../application/use-cases/repeat-message.js';
import type { SendMessage } from '../../../../application/use-cases/send-message.js';
import type { SettleCalls } from '../../../../application/use-cases/settle-calls.js';
import { UnfitTools } from '../../../../domain/unfit-tools.js';
import type { Choices } from '../../../../domain/written-choice.js';
import { eventStream, json, lastEventId, problems } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import type { RateLimit } from '../rate-limit.js';
import type { RequestContext } from '../request-context.js';
import { sendProblem } from '../send-problem.js';
import { requestedCursor } from './event-id.js';
import type { RunEventFrames } from './run-event-frames.js';
import { sendAnswer } from './send-answer.js';
import { type SentFields, sentFields } from './sent-fields.js';
import { decisionSchema, parseSettlements, toolResultSchema } from './settlement.js';
import { type ReadableRun, runHeaders, streamRun } from './stream-run.js';
import {
  idempotencyKey,
  nestedUserMessageSchema,
  parseUserMessage,
  userMessageSchema,
  wrongFields,
} from './user-message.js';
import { streamWaiting, type WaitingSession, waitingSchema, waitingView } from './waiting-answer.js';
import { failureProblem, wholeAnswerSchema } from './whole-answer.js';

export interface MessageUseCases {
  readonly sendMessage: SendMessage;
  readonly repeatMessage: RepeatMessage;
  readonly settleCalls: SettleCalls;
  readonly getRun: GetRun;
  /** What a message may choose from. */
  readonly choices: Choices;
  /** Undefined where there is none. */
  readonly rateLimit: RateLimit | undefined;
}

/** POST a message: the answer as a stream, or whole. */
export function messageRoutes(
  useCases: MessageUseCases,
  frames: RunEventFrames,
  before: readonly RequestHandler[],
): readonly Endpoint[] {
  return [
    {
      method: 'post',
      path: '/agent/message/stream',
      access: 'internal-key',
      before,
      operation: {
        summary: 'Send a message and read the answer as it is written',
        ...documentedRequest,
        responses: {
          200: eventStream,
          204: { description: 'Last-Event-ID is the ending: there is nothing more' },
          ...problems(400, 401, 404, 409, 410, 413, 415, 422, 429, 500, 503),
        },
      },
      async handle(request, response, context) {
        const answer = await takeMessage(useCases, request, context, 'stream');
        if (answer.run === undefined) streamWaiting(answer, response, replayedHeader(answer));
        else if (answer.atEnd) response.status(204).end();
        else await streamRun(answer, frames, response, context, replayedHeader(answer));
      },
    },
    {
      method: 'post',
      path: '/agent/message',
      access: 'internal-key',
      before,
      operation: {
        summary: 'Send a message and get the answer whole',
        ...documentedRequest,
        responses: {
          200: json(
            z.union([wholeAnswerSchema, waitingSchema]),
            'The answer, or what there is of it when it was stopped; what the session waits for, where calls are open',
          ),
          ...problems(400, 401, 404, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504),
        },
      },
      async handle(request, response, context) {
        const answer = await takeMessage(useCases, request, context, 'whole');
        response.set(replayedHeader(answer));
        if (answer.run === undefined) response.json(waitingView(answer));
        else await answerWhole(answer, useCases, response, context);
      },
    },
  ];
}

interface TakenMessage extends ReadableRun {
  readonly replayed?: boolean;
  readonly atEnd?: boolean;
}

type Taken = TakenMessage | WaitingSession;

/** A message sent again with a cursor goes on behind it, but an answer that is asked for whole is whole whatever its
 *  client has seen. The cursor is the stronger of the two headers. */
async function takeMessage(
  { sendMessage, settleCalls, repeatMessage, choices, rateLimit }: MessageUseCases,
  request: Request,
  context: RequestContext,
  answer: 'stream' | 'whole',
): Promise<Taken> {
  const fields = sentFields(request.body);
  const settling = parseSettlements(fields, choices);
  const message = settling ?? parseUserMessage(fields, choices);
  const key = idempotencyKey(request);
  const cursor = requestedCursor(request);
  const asked = { by: context, requestId: context.requestId, idempotencyKey: key };
  if (cursor === undefined) {
    if (settling !== undefined) {
      const settled = await named(fields, settleCalls.execute({ ...settling, ...asked }));
      return settled.run === undefined ? { ...settled, sessionId: settling.sessionId } : settled;
    }
    const admit = rateLimit && (() => rateLimit(request));
    return named(fields, sendMessage.execute({ ...message, ...asked, admit }));
  }
  const { runId, sequence: after } = cursor;
  return repeatMessage.execute({ ...message, by: context, runId, after, whole: answer === 'whole' });
}

/** What is refused late is named as it was sent, too. */
async function named<Taken>({ pathOf }: SentFields, taking: Promise<Taken>): Promise<Taken> {
  try {
    return await taking;
  } catch (error) {
    if (!(error instanceof UnfitTools)) throw error;
    throw wrongFields(error.problems.map(({ path, message }) => ({ path: pathOf(path), message })));
  }
}

async function answerWhole(
  taken: ReadableRun,
  { getRun }: MessageUseCases,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const { run } = taken;
  const answer = await collectAnswer(taken, context.clientLeft);
  if (answer === undefined) return;
  response.set(runHeaders(run));
  const problem = failureProblem(run, answer, context.requestId);
  if (problem !== undefined) return sendProblem(response, problem);
  const asks = answer.end.finishReason === 'tool_calls';
  const openCalls = asks ? await getRun.openCalls(run) : undefined;
  await sendAnswer(taken, answer, openCalls, response, context);
}

function replayedHeader({ replayed }: Taken): Record<string, string> {
  return replayed === true ? { 'Idempotency-Replayed': 'true' } : {};
}

const documentedRequest = {
  requestParams: {
    header: lastEventId.header.extend({
      'Idempotency-Key': z
        .string()
        .optional()
        .meta({ description: 'Makes sending again safe: the same key and body are one message. Kept 24 h.' }),
    }),
  },
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: z.union([userMessageSchema, nestedUserMessageSchema, toolResultSchema, decisionSchema]),
      },
    },
  },
};
