import type { Endpoint } from '../endpoint.js';
import { sharedFor } from './shared-for.js';

/** Anybody may ask, and every answer takes the process some milliseconds. */
const SHARED_MILLISECONDS = 1000;

/** The metrics in Prometheus' text format, as `render` writes them. */
export function metricsRoutes(render: () => Promise<string>): readonly Endpoint[] {
  const rendered = sharedFor(SHARED_MILLISECONDS, render);
  return [
    {
      method: 'get',
      path: '/metrics',
      access: 'public',
      operation: {
        summary: 'The metrics of this process',
        responses: {
          200: { description: "Prometheus' text format", content: { 'text/plain': { schema: { type: 'string' } } } },
        },
      },
      async handle(_request, response) {
        response.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').send(await rendered());
      },
    },
  ];
}
