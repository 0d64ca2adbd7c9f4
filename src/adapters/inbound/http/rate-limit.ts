import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { RateLimiterCluster, RateLimiterClusterMaster, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpProblem } from './http-problem.js';
import { sentKey } from './internal-key.js';

/** Counts a message of the request's key and user; throws HttpProblem 429 when that is more than it may send. What it
 *  returns takes the message from the count again. */
export type RateLimit = (request: Request) => Promise<() => void>;

/** So many messages of each key and user in a minute; undefined where that is 0: no limit. Each replica counts for
 *  itself: its workers together. */
export function rateLimit(perMinute: number): RateLimit | undefined {
  if (perMinute === 0) return undefined;
  const limiter = limiterOf(perMinute);
  return async (request) => {
    const key = digest(`${sentKey(request)}\n${request.get('X-User-Id') ?? ''}`);
    const counted = await limiter.consume(key).catch(async (reason: unknown) => {
      if (!(reason instanceof RateLimiterRes)) throw reason;
      await takeBack(limiter, key, reason);
      throw tooMany(reason);
    });
    return () => void takeBack(limiter, key, counted);
  };
}

type Limiter = RateLimiterMemory | RateLimiterCluster;

/** Workers have the first process count for all of them. */
function limiterOf(points: number): Limiter {
  const limits = { points, duration: 60 };
  return cluster.isWorker
    ? new RateLimiterCluster({ ...limits, keyPrefix: 'messages' })
    : new RateLimiterMemory(limits);
}

/** In the first process of several, before there are others. */
export function countForWorkers(): void {
  new RateLimiterClusterMaster();
}

/** Counting first keeps requests that come at once within the limit. */
async function takeBack(limiter: Limiter, key: string, counted: RateLimiterRes): Promise<void> {
  const current = await limiter.get(key);
  // Not from a minute that began since.
  if (current !== null && current.msBeforeNext <= counted.msBeforeNext) await limiter.reward(key);
}

function tooMany({ msBeforeNext }: RateLimiterRes): HttpProblem {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new HttpProblem(429, 'rate_limited', `This key has sent as many messages as it may; wait ${seconds} s.`, {
    headers: { 'Retry-After': String(seconds) },
  });
}

/** The limiter keeps what it counts by: neither the key itself nor the user. */
function digest(key: string): string {
  return createHash('sha256').update(key, 'latin1').digest('base64');
}
