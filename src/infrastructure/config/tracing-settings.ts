import type { Settings } from '../../adapters/outbound/llm/llm-provider.js';

/** Where spans are sent, and under which name. */
export interface TracingSettings {
  /** Without a slash at its end; a collector takes spans below it. */
  readonly endpoint?: string;
  /** Where it takes spans itself, as it was written. Wins over the other. */
  readonly tracesEndpoint?: string;
  readonly serviceName: string;
}

/** By the names that OpenTelemetry gives them everywhere; undefined where nobody wants traces. */
export function tracingSettings(variables: Settings): TracingSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: tracesEndpoint } = variables;
  const { OTEL_SERVICE_NAME: serviceName = 'agent-runtime' } = variables;
  if (isOff(variables) || exporterOf(variables) === 'none') return undefined;
  if (tracesEndpoint !== undefined) return { tracesEndpoint: tracesEndpoint.trim(), serviceName };
  return endpoint === undefined ? undefined : { endpoint: endpoint.trim().replace(/\/+$/, ''), serviceName };
}

/** Nothing is wrong with what is switched off. */
export function tracingProblems(variables: Settings): readonly string[] {
  if (isOff(variables) || exporterOf(variables) === 'none') return [];
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const wrong = endpoints.filter((name) => variables[name] !== undefined && !isHttpUrl(variables[name].trim()));
  return [
    ...wrong.map((name) => `${name}: must be an address like http://localhost:4318`),
    ...(exporterOf(variables) === 'otlp' ? [] : ['OTEL_TRACES_EXPORTER: must be otlp or none']),
  ];
}

function isOff({ OTEL_SDK_DISABLED: disabled = '' }: Settings): boolean {
  return disabled.trim().toLowerCase() === 'true';
}

function exporterOf({ OTEL_TRACES_EXPORTER: exporter = 'otlp' }: Settings): string {
  return exporter.trim().toLowerCase();
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
