import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from '../../application/ports/logger.js';
import type { TracingSettings } from '../config/tracing-settings.js';

const EXPORT_MS = 5000;

export interface Tracing {
  /** Sends what was not sent yet, for 5 s at most. */
  stop(): Promise<void>;
}

/** Sends the spans of this process to a collector, in OTLP over HTTP. Imported only where that is wanted: this brings
 *  the SDK. A collector that is away costs the spans, and nothing else. */
export function startTracing(settings: TracingSettings, version: string, log: Logger): Tracing {
  const { endpoint, tracesEndpoint = `${endpoint}/v1/traces`, serviceName } = settings;
  const exporter = new OTLPTraceExporter({ url: tracesEndpoint, timeoutMillis: EXPORT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_MS })],
  });
  setGlobalErrorHandler((error) => log.warn('traces cannot be sent', { error }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { stop: () => provider.shutdown() };
}
