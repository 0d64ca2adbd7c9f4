import { trace } from '@opentelemetry/api';

/** An event of the run that is written; nothing where nobody traces. */
export function traceFailover(from: string, to: string, code: string): void {
  const attributes = { 'agent_runtime.model.from': from, 'agent_runtime.model.to': to, 'error.type': code };
  trace.getActiveSpan()?.addEvent('failover', attributes);
}
