import type { Request } from 'express';
import type { CancelRun } from '../../../../application/use-cases/cancel-run.js';
import type { GetRun } from '../../../../application/use-cases/get-run.js';
import type { ResumeStream } from '../../../../application/use-cases/resume-stream.js';
import { InvalidCursor, RunNotFound } from '../../../../domain/errors.js';
import { eventStream, json, lastEventId, problems, runPath } from '../documented.js';
import { type Endpoint, pathParameter } from '../endpoint.js';
import { requestedCursor } from './event-id.js';
import type { RunEventFrames } from './run-event-frames.js';
import { runSchema, runView } from './run-view.js';
import { streamRun } from './stream-run.js';

export interface RunUseCases {
  readonly getRun: GetRun;
  readonly resumeStream: ResumeStream;
  readonly cancelRun: CancelRun;
}

/** GET a run, GET its stream after the last event seen, POST its cancellation. */
export function runRoutes(useCases: RunUseCases, frames: RunEventFrames): readonly Endpoint[] {
  return [getRun(useCases), streamOfRun(useCases, frames), cancelRun(useCases)];
}

function getRun(useCases: RunUseCases): Endpoint {
  return {
    method: 'get',
    path: '/agent/runs/{run}',
    access: 'internal-key',
    operation: {
      summary: 'A run as it stands',
      requestParams: { path: runPath },
      responses: { 200: json(runSchema, 'The run'), ...problems(401, 404, 500, 503) },
    },
    async handle(request, response, context) {
      response.json(runView(await useCases.getRun.execute(runIdOf(request), context)));
    },
  };
}

function streamOfRun(useCases: RunUseCases, frames: RunEventFrames): Endpoint {
  return {
    method: 'get',
    path: '/agent/runs/{run}/stream',
    access: 'internal-key',
    operation: {
      summary: 'The stream of a run, from its start or behind the last event seen',
      requestParams: { path: runPath, header: lastEventId.header, query: lastEventId.query },
      responses: {
        200: eventStream,
        204: { description: 'The last event seen is the ending: there is nothing more' },
        ...problems(400, 401, 404, 410, 500, 503),
      },
    },
    async handle(request, response, context) {
      const runId = runIdOf(request);
      const cursor = requestedCursor(request) ?? { runId, sequence: 0 };
      if (cursor.runId !== runId) throw new InvalidCursor('Last-Event-ID names another run than the path.');
      const resumed = await useCases.resumeStream.execute(runId, context, cursor.sequence);
      if (resumed.atEnd) response.status(204).end();
      else await streamRun(resumed, frames, response, context);
    },
  };
}

function cancelRun(useCases: RunUseCases): Endpoint {
  return {
    method: 'post',
    path: '/agent/runs/{run}/cancel',
    access: 'internal-key',
    operation: {
      summary: 'Stop a run; what it wrote is kept',
      requestParams: { path: runPath },
      responses: {
        200: json(runSchema, 'The run had ended before; nothing changed'),
        202: json(runSchema, 'The run is being stopped; its stream tells when it has ended'),
        ...problems(401, 404, 500, 503),
      },
    },
    async handle(request, response, context) {
      const { run, hadEnded } = await useCases.cancelRun.execute(runIdOf(request), context);
      response.status(hadEnded ? 200 : 202).json(runView(await useCases.getRun.withCalls(run)));
    },
  };
}

const RUN_ID = /^[0-9a-z]{1,128}$/;

/** Throws RunNotFound for what is no id at all: a store may fail at looking for such text. */
function runIdOf(request: Request): string {
  const id = pathParameter(request, 'run');
  if (!RUN_ID.test(id)) throw new RunNotFound(id);
  return id;
}
