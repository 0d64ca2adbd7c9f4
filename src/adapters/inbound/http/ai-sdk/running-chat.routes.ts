import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { TurnPart } from '../../../../application/use-cases/read-turn.js';
import { RunNotFound, SessionNotFound } from '../../../../domain/errors.js';
import { isFields } from '../../../../domain/fields.js';
import { isEnded, type Run } from '../../../../domain/run.js';
import { json, sessionPath } from '../documented.js';
import type { DoorUseCases } from '../door/door.js';
import { streamFrames } from '../door/stream-frames.js';
import type { Endpoint } from '../endpoint.js';
import { sessionId } from '../native/session-id.js';
import type { ReadableRun } from '../native/stream-run.js';
import { whereBody } from '../where-body.js';
import { answerId, runNamedBy } from './asked-turn.js';
import { refusals, UI_STREAM, uiMessageStream } from './documented-chat.js';
import { refuseAsText } from './refuse-as-text.js';
import { UiMessageFrames } from './ui-message-frames.js';

/** GET the answer that is written in a chat, POST that it stops. */
export function runningChatRoutes(useCases: DoorUseCases, before: readonly RequestHandler[]): readonly Endpoint[] {
  return [resume(useCases), stop(useCases, before)];
}

function resume({ readTurn }: DoorUseCases): Endpoint {
  return {
    method: 'get',
    path: '/ai/chat/{id}/stream',
    access: 'internal-key',
    refuse: refuseAsText,
    operation: {
      summary: 'The answer that is written in a chat of the AI SDK, from its start',
      requestParams: { path: sessionPath, query: z.object({ message_id: messageIdField }) },
      responses: {
        200: uiMessageStream,
        204: { description: 'Nothing is written in this chat, or there is no such chat' },
        ...refusals(401, 409, 410, 500, 503),
      },
    },
    async handle(request, response, context) {
      const parts = await unlessUnknown(() => readTurn.latest(sessionId(request), context));
      const run = parts?.at(-1)?.run;
      if (parts === undefined || run === undefined || !isWanted(run, request.query.message_id)) {
        response.status(204).end();
        return;
      }
      const frames = new UiMessageFrames(answerId(turnOf(run)), parts);
      await streamFrames({ run, read: readAll(parts) }, frames, response, context, { headers: UI_STREAM });
    },
  };
}

const messageIdField = z.string().optional().meta({
  description: "The id of the page's last message. If that is the last answer, it is told though it has ended.",
});

/** A page whose network failed may come back when the answer is whole, and has only a part of it. */
function isWanted(run: Run, messageId: unknown): boolean {
  if (!isEnded(run)) return true;
  return typeof messageId === 'string' && runNamedBy(messageId) === turnOf(run);
}

function turnOf({ id, continues }: Run): string {
  return continues?.turn ?? id;
}

/** The runs one after the other. */
function readAll(parts: readonly TurnPart[]): ReadableRun['read'] {
  return async (signal, take) => {
    for (const { read } of parts) if (!signal.aborted) await read(signal, take);
  };
}

const stopSchema = z.object({
  activeStreamId: z.string().optional().meta({ description: 'Only the run of this answer is stopped.' }),
});

function stop({ getSession, getRun, cancelRun }: DoorUseCases, before: readonly RequestHandler[]): Endpoint {
  return {
    method: 'post',
    path: '/ai/chat/{id}/stop',
    access: 'internal-key',
    before: before.map(whereBody),
    refuse: refuseAsText,
    operation: {
      summary: 'Stop the answer that is written in a chat of the AI SDK; what was written is kept',
      requestParams: { path: sessionPath },
      requestBody: { required: false, content: { 'application/json': { schema: stopSchema } } },
      responses: {
        200: json(z.object({ success: z.literal(true) }), 'It is being stopped, or nothing was written'),
        ...refusals(400, 401, 409, 413, 415, 500, 503),
      },
    },
    async handle(request, response, context) {
      const { activeStreamId } = isFields(request.body) ? request.body : {};
      await unlessUnknown(async () => {
        const { session } = await getSession.execute(sessionId(request), context);
        if (session.activeRunId === undefined) return;
        const { run } = await getRun.execute(session.activeRunId, context);
        if (isMeant(run, activeStreamId)) await cancelRun.execute(run.id, context);
      });
      response.json({ success: true });
    },
  };
}

/** A page that knows of another answer is late: that one has ended. */
function isMeant(run: Run, activeStreamId: unknown): boolean {
  if (typeof activeStreamId !== 'string') return true;
  return [run.id, answerId(run.id), answerId(turnOf(run))].includes(activeStreamId);
}

/** Undefined where there is no such chat, or no longer. */
async function unlessUnknown<Found>(look: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof SessionNotFound || error instanceof RunNotFound) return undefined;
    throw error;
  }
}
