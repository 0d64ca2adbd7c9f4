import type { Endpoint } from '../../adapters/inbound/http/endpoint.js';
import type { AnsweredRequest, RequestObserver } from '../../adapters/inbound/http/request-observer.js';
import type { Metrics } from './metrics.js';

/** Whoever is told of requests, with them counted and timed. */
export class MeteredRequests implements RequestObserver {
  constructor(
    private readonly observer: RequestObserver,
    private readonly metrics: Metrics,
  ) {}

  /** What these endpoints say that they answer is counted from 0. */
  expect(endpoints: readonly Endpoint[]): void {
    for (const { method, path: route, operation } of endpoints) {
      for (const status of Object.keys(operation.responses ?? {})) {
        this.metrics.httpRequests.inc({ method: method.toUpperCase(), route, status }, 0);
      }
    }
  }

  answered(request: AnsweredRequest): void {
    const { method, route, status, milliseconds } = request;
    this.metrics.httpRequests.inc({ method, route, status });
    if (milliseconds !== undefined) this.metrics.httpDuration.observe({ method, route, status }, milliseconds / 1000);
    this.observer.answered(request);
  }
}
