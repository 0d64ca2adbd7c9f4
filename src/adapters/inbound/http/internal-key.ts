import { hash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { HttpProblem } from './http-problem.js';

/** Lets a request through that carries one of the keys. Digests are compared, each in full: the time taken tells neither a
 *  key's length nor how much of it was right. */
export function requireInternalKey(keys: readonly string[]): RequestHandler {
  const accepted = keys.map(digest);
  return (request: Request, _response: Response, next: NextFunction): void => {
    const sent = digest(request.get('X-Internal-Auth') ?? '');
    let known = false;
    for (const key of accepted) known = timingSafeEqual(key, sent) || known;
    next(known ? undefined : new HttpProblem(401, 'unauthorized', 'unauthorized'));
  };
}

function digest(key: string): Buffer {
  return hash('sha256', Buffer.from(key, 'latin1'), 'buffer');
}
