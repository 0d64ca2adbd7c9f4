import type { Failover } from '../../adapters/outbound/llm/failover-gateway.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Metrics } from '../metrics/metrics.js';
import { traceFailover } from '../tracing/trace-failover.js';

/** Tells whoever runs the service that a model could not answer and another one is asked. */
export function toldFailover(metrics: Metrics, log: Logger): (failover: Failover) => void {
  return ({ from, to, error }) => {
    const { code, address, status, detail, cause } = error;
    metrics.failovers.inc({ code });
    traceFailover(from, to, code);
    log.warn('model failed, the next one is asked', { from, to, code, address, status, detail, cause });
  };
}
