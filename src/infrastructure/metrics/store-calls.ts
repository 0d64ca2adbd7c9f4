import { StoreUnavailable } from '../../domain/errors.js';
import type { STORE_OPERATIONS } from './known-labels.js';
import type { Metrics } from './metrics.js';

type StoreOperation = (typeof STORE_OPERATIONS)[number];

/** Times the calls of a store, and counts those that found it away. */
export class StoreCalls {
  constructor(private readonly metrics: Metrics) {}

  /** The call itself, which is looked at as it passes: every message makes some. */
  timed<Result>(operation: StoreOperation, call: Promise<Result>): Promise<Result> {
    const begunAt = performance.now();
    const end = (): void => this.metrics.storeCalls.observe({ operation }, (performance.now() - begunAt) / 1000);
    call.then(end, (error: unknown) => {
      end();
      this.failed(operation, error);
    });
    return call;
  }

  failed(operation: StoreOperation, error: unknown): void {
    if (error instanceof StoreUnavailable) this.metrics.storeFailures.inc({ operation });
  }
}
