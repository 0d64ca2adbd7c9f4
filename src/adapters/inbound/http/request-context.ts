import type { NextFunction, Request, Response } from 'express';
import type { IdGenerator } from '../../../application/ports/id-generator.js';
import { NO_STORE } from './no-store.js';
import type { Refuse } from './problem.js';
import { UNKNOWN } from './request-observer.js';

/** What belongs to one request. */
export interface RequestContext {
  readonly requestId: string;
  /** On whose behalf it is made, where it says so. */
  readonly userId: string | undefined;
  /** Aborts when the client has left before its answer was whole. */
  readonly clientLeft: AbortSignal;
  readonly found: FoundOut;
}

/** What the steps find out on the way, for whoever tells of the request when it is over. */
interface FoundOut {
  route: string;
  /** Which of the internal keys was sent, counted from 1. */
  key: number | undefined;
  /** How a refusal is told here. */
  refuse?: Refuse;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Gives every request its context; an id that the caller sent in `X-Request-Id` is kept, so that logs can be
 *  joined. */
export function requestContext(ids: IdGenerator) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const sent = request.get('X-Request-Id');
    const requestId = sent !== undefined && REQUEST_ID.test(sent) ? sent : ids.next();
    response.setHeader('X-Request-Id', requestId).setHeader('Cache-Control', NO_STORE);
    const found: FoundOut = { route: UNKNOWN, key: undefined };
    const userId = request.get('X-User-Id');
    const context: RequestContext = { requestId, userId, clientLeft: clientLeft(response), found };
    response.locals.context = context;
    next();
  };
}

export function contextOf(response: Response): RequestContext {
  return response.locals.context;
}

/** Only the response tells it: a request also closes when its body was read to the end. */
function clientLeft(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
