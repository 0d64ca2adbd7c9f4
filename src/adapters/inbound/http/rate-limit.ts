import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpProblem } from './http-problem.js';

/** A step for requests: refuses those of a key that has sent as many in a minute as it may; none where that is 0. Each process
 *  counts for itself. */
export function rateLimit(perMinute: number): readonly RequestHandler[] {
  if (perMinute === 0) return [];
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return [
    async (request, _response, next) => {
      await limiter.consume(digest(request.get('X-Internal-Auth') ?? '')).catch(refuse);
      next();
    },
  ];
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  const seconds = Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
  throw new HttpProblem(429, 'rate_limited', `This key has sent as many messages as it may; wait ${seconds} s.`, {
    headers: { 'Retry-After': String(seconds) },
  });
}

/** The limiter keeps what it counts by: not the key itself. */
function digest(key: string): string {
  return createHash('sha256').update(key, 'latin1').digest('base64');
}
