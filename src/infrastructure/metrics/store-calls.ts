import { StoreUnavailable } from '../../domain/errors.js';
import type { Metrics } from './metrics.js';

/** Times the calls of a store, and counts those that found it away. */
export class StoreCalls {
  constructor(private readonly metrics: Metrics) {}

  /** What the call gives or throws. */
  async timed<Result>(operation: string, call: Promise<Result>): Promise<Result> {
    const begunAt = performance.now();
    try {
      return await call;
    } catch (error) {
      this.failed(operation, error);
      throw error;
    } finally {
      this.metrics.storeCalls.observe({ operation }, (performance.now() - begunAt) / 1000);
    }
  }

  failed(operation: string, error: unknown): void {
    if (error instanceof StoreUnavailable) this.metrics.storeFailures.inc({ operation });
  }
}
