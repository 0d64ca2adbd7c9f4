import type { Logger } from '../../../application/ports/logger.js';
import { type AnsweredRequest, CLIENT_LEFT, type RequestObserver } from './request-observer.js';

const CHANGES: readonly string[] = ['POST', 'PATCH', 'DELETE'];

/** A line for every request that changes something or is refused. The others are many, and harmless. */
export class AccessLog implements RequestObserver {
  constructor(private readonly log: Logger) {}

  answered(request: AnsweredRequest): void {
    const { method, route, status, whole, requestId, key, milliseconds } = request;
    if (!CHANGES.includes(method) && !isRefusal(status)) return;
    const time = milliseconds === undefined ? undefined : Math.round(milliseconds);
    this.log.info('request answered', { method, route, status, whole, requestId, key, milliseconds: time });
  }
}

function isRefusal(status: number): boolean {
  return status >= 400 && status !== CLIENT_LEFT;
}
