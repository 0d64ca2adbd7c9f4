import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { IdGenerator } from '../../../application/ports/id-generator.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { ConnectionLimit } from './connection-limit.js';
import type { Endpoint } from './endpoint.js';
import { HttpProblem } from './http-problem.js';
import { requireInternalKey } from './internal-key.js';
import { observeAnswers } from './observe-answers.js';
import { allowedAt, byPath, isMetAgain } from './path-templates.js';
import { type Problem, problemBody, problemOf } from './problem.js';
import { contextOf, requestContext } from './request-context.js';
import { checkFraming } from './request-framing.js';
import type { RequestObserver } from './request-observer.js';
import { securityOfAnswers } from './security-headers.js';
import { sendProblem } from './send-problem.js';
import { checkUserId } from './user-id.js';

export interface ExpressAppOptions {
  readonly endpoints: readonly Endpoint[];
  readonly internalKeys: readonly string[];
  readonly connections: ConnectionLimit;
  readonly ids: IdGenerator;
  readonly requests: RequestObserver;
  readonly log: Logger;
}

/** The order in which a request is looked at: context, who is told of its end, security headers, framing, path, method,
 *  room, key, user, body, handler; then errors. */
export function createExpressApp({
  endpoints,
  internalKeys,
  connections,
  ids,
  requests,
  log,
}: ExpressAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  // A gateway's rule for a path is to hold for all that is answered like that path.
  app.enable('case sensitive routing').enable('strict routing');
  app.use(requestContext(ids));
  app.use(observeAnswers(requests));
  app.use(securityOfAnswers);
  app.use(checkFraming);
  const guards = [connections.check, requireInternalKey(internalKeys), checkUserId];
  for (const [path, methods] of byPath(endpoints)) mount(app, path, methods, guards, endpoints);
  app.use(notFound);
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _: Request, response: Response, _next: NextFunction) => answerError(error, response, log));
  return app;
}

function mount(
  app: Express,
  path: string,
  endpoints: readonly Endpoint[],
  guards: readonly RequestHandler[],
  all: readonly Endpoint[],
): void {
  const route = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
  route.all((request, response, next) => {
    const { found } = contextOf(response);
    found.route = path;
    const endpoint = endpoints.find(({ method }) => method === request.method.toLowerCase()) ?? endpoints[0];
    if (endpoint?.refuse !== undefined) found.refuse = endpoint.refuse;
    next();
  });
  for (const endpoint of endpoints) {
    const access = endpoint.access === 'public' ? [] : guards;
    route[endpoint.method](...access, ...(endpoint.before ?? []), (request: Request, response: Response) =>
      endpoint.handle(request, response, contextOf(response)),
    );
  }
  if (isMetAgain(path, all)) return;
  route.all((request) => {
    const allowed = allowedAt(request.path, all);
    const detail = `${request.method} is not possible here; use ${allowed}.`;
    throw new HttpProblem(405, 'method_not_allowed', detail, { headers: { Allow: allowed } });
  });
}

function notFound(): void {
  throw new HttpProblem(404, 'not_found', 'There is nothing at this path; /docs tells what there is.');
}

/** Every error answer is made here. */
function answerError(error: unknown, response: Response, log: Logger): void {
  const { requestId, clientLeft } = contextOf(response);
  // Nobody is there to be answered, and nothing went wrong.
  if (clientLeft.aborted && error === clientLeft.reason) return;
  const problem = problemOf(error, requestId);
  if (problem === undefined) log.error('request failed', { requestId, error });
  // A stream cannot turn into an error any more: cut it, and the client resumes after what it has.
  if (response.headersSent) response.destroy();
  else answerProblem(response, problem ?? internalError(requestId));
}

function internalError(requestId: string): Problem {
  return { body: problemBody(500, 'internal_error', 'Internal error', requestId), headers: {} };
}

function answerProblem(response: Response, { body, headers }: Problem): void {
  response.set(headers);
  sendProblem(response, body);
}
