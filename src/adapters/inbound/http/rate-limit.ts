import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpProblem } from './http-problem.js';

/** Counts a message of the request's key; throws HttpProblem 429 when that is more than it may send. */
export type RateLimit = (request: Request) => Promise<void>;

/** So many messages of each key in a minute; undefined where that is 0: no limit. Each process counts for itself. */
export function rateLimit(perMinute: number): RateLimit | undefined {
  if (perMinute === 0) return undefined;
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (request) => {
    await limiter.consume(digest(request.get('X-Internal-Auth') ?? '')).catch(refuse);
  };
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
