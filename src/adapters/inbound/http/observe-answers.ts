import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { contextOf } from './request-context.js';
import { CLIENT_LEFT, type RequestObserver, usualMethod } from './request-observer.js';

/** Tells of each request when its answer is with its client, or its client is gone. */
export function observeAnswers(observer: RequestObserver): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const begunAt = performance.now();
    const { requestId, found } = contextOf(response);
    response.once('close', () => {
      observer.answered({
        method: usualMethod(request.method),
        route: found.route,
        status: statusOf(response),
        whole: response.writableFinished || !response.headersSent,
        requestId,
        key: found.key,
        milliseconds: performance.now() - begunAt,
      });
    });
    next();
  };
}

const UNDECIDED = 200;

/** Until something is sent, 200 only says that nothing was decided. */
function statusOf({ headersSent, statusCode }: Response): number {
  return headersSent || statusCode !== UNDECIDED ? statusCode : CLIENT_LEFT;
}
