import { hash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { HttpProblem } from './http-problem.js';
import { contextOf } from './request-context.js';

/** Lets a request through that carries one of the keys. Digests are compared, each in full: the time taken tells
 *  neither a key's length nor how much of it was right. */
export function requireInternalKey(keys: readonly string[]): RequestHandler {
  const accepted = keys.map(digest);
  return (request: Request, response: Response, next: NextFunction): void => {
    const sent = digest(sentKey(request));
    let place = 0;
    for (const [index, key] of accepted.entries()) if (timingSafeEqual(key, sent)) place = index + 1;
    if (place === 0) throw new HttpProblem(401, 'unauthorized', 'unauthorized');
    contextOf(response).found.key = place;
    next();
  };
}

const BEARER = /^Bearer +(?<token>\S+) *$/i;

/** As the service's own clients send it, or as those of OpenAI do (RFC 6750); empty where there is none. */
export function sentKey(request: Request): string {
  return request.get('X-Internal-Auth') ?? BEARER.exec(request.get('Authorization') ?? '')?.groups?.token ?? '';
}

function digest(key: string): Buffer {
  return hash('sha256', Buffer.from(key, 'latin1'), 'buffer');
}
