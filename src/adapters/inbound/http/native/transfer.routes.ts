import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { ExportSession } from '../../../../application/use-cases/export-session.js';
import type { ImportSession } from '../../../../application/use-cases/import-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { RunTaken } from '../../../../domain/bringing-errors.js';
import { json, problems, sessionPath } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { bodyReads } from '../json-body.js';
import { PiecewiseJson } from '../piecewise-json.js';
import type { RequestContext } from '../request-context.js';
import { type DocumentLimits, DocumentReader } from './document-reader.js';
import { documentText } from './document-text.js';
import { DOCUMENT } from './session-document.js';
import { sessionId } from './session-id.js';
import { sessionSchema, sessionView } from './session-view.js';
import { wrongFields } from './user-message.js';

export interface TransferUseCases {
  readonly exportSession: ExportSession;
  readonly importSession: ImportSession;
  readonly agents: Agents;
  readonly limits: DocumentLimits;
}

/** GET a session whole, and POST it where it is to be from then on. */
export function transferRoutes(useCases: TransferUseCases, before: readonly RequestHandler[]): readonly Endpoint[] {
  return [importSession(useCases, before), exportSession(useCases)];
}

const documentSchema = z
  .object({
    format: z.literal(DOCUMENT.format),
    version: z.literal(DOCUMENT.version),
    session: sessionSchema,
    runs: z.array(z.record(z.string(), z.unknown())).meta({ description: 'Each run, with all that is kept of it.' }),
    messages: z.array(z.record(z.string(), z.unknown())).meta({ description: 'As GET …/messages tells them.' }),
  })
  .meta({ id: 'SessionDocument' });

function exportSession({ exportSession, agents }: TransferUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agent/sessions/{id}/export',
    access: 'internal-key',
    operation: {
      summary: 'A session with everything that is kept of it, to be imported elsewhere',
      requestParams: { path: sessionPath },
      responses: { 200: json(documentSchema, 'The document'), ...problems(401, 404, 409, 500, 503) },
    },
    handle: (request, response, context) =>
      sendDocument(documentText(exportSession.execute(sessionId(request), context), agents), response, context),
  };
}

function importSession(
  { importSession, agents, limits }: TransferUseCases,
  before: readonly RequestHandler[],
): Endpoint {
  return {
    method: 'post',
    path: '/agent/sessions/import',
    access: 'internal-key',
    before,
    operation: {
      summary: 'Take back a session that was exported, here or elsewhere',
      requestBody: { required: true, content: { 'application/json': { schema: documentSchema } } },
      responses: {
        201: json(sessionSchema, 'The session'),
        ...problems(400, 401, 409, 413, 415, 422, 500, 503),
      },
    },
    async handle(request, response, context) {
      const reader = new DocumentReader(agents, limits);
      for await (const bytes of bodyReads(request, response)) reader.take(bytes);
      const { whole, check } = reader.read();
      try {
        response.status(201).json(sessionView(await importSession.execute(whole, context, check), agents));
      } catch (error) {
        if (!(error instanceof RunTaken)) throw error;
        const index = whole.runs.findIndex(({ birth }) => birth.id === error.runId);
        throw wrongFields([{ path: `runs.${index}.run_id`, message: 'is the id of a run of another session' }]);
      }
    },
  };
}

/** As the reader takes it. What fails amid that cuts the answer. */
async function sendDocument(
  pieces: AsyncIterable<string>,
  response: Response,
  { clientLeft }: RequestContext,
): Promise<void> {
  const answer = new PiecewiseJson(response, '');
  for await (const piece of pieces) {
    const taking = answer.add(piece);
    if (taking !== undefined) await taking;
    clientLeft.throwIfAborted();
    if (answer.isToldEnough) break;
  }
  answer.end('');
}
