import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './http-problem.js';
import { contextOf, type RequestContext } from './request-context.js';

export const USER_ID_RULE = '1 to 128 of A-Z a-z 0-9 _ . - @ :';

export const USER_ID = /^[A-Za-z0-9_.@:-]{1,128}$/;

/** Refuses a request that names its user in a way that no session could be found by. Throws HttpProblem 422. */
export function checkUserId(_request: Request, response: Response, next: NextFunction): void {
  const { userId } = contextOf(response);
  if (userId !== undefined && !USER_ID.test(userId)) throw wrongUserId(`must be ${USER_ID_RULE}`);
  next();
}

/** Throws HttpProblem 422 where the request is made on nobody's behalf. */
export function neededUserId({ userId }: RequestContext): string {
  if (userId === undefined) throw wrongUserId('is required');
  return userId;
}

function wrongUserId(message: string): HttpProblem {
  return new HttpProblem(422, 'invalid_request', `X-User-Id ${message}`, { errors: [{ path: 'X-User-Id', message }] });
}
