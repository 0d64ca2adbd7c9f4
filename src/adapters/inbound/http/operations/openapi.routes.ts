import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Endpoint } from '../endpoint.js';

type Document = ReturnType<typeof createDocument>;

const SECURITY = {
  internalKey: { type: 'apiKey', in: 'header', name: 'X-Internal-Auth' },
  bearerKey: { type: 'http', scheme: 'bearer' },
} as const;

/** The OpenAPI document of `endpoints`, itself included. */
export function openApiRoutes(endpoints: readonly Endpoint[], version: string): readonly Endpoint[] {
  const route: Endpoint = {
    method: 'get',
    path: '/openapi.json',
    access: 'public',
    operation: {
      summary: 'This document',
      responses: {
        200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
    handle(_request, response) {
      response.json(document);
    },
  };
  const document = describe([...endpoints, route], version);
  return [route];
}

function describe(endpoints: readonly Endpoint[], version: string): Document {
  const paths: ZodOpenApiPathsObject = {};
  for (const { path, method, operation, access } of endpoints) {
    const security = access === 'public' ? [] : [{ internalKey: [] }, { bearerKey: [] }];
    paths[path] = { ...paths[path], [method]: { operationId: operationId(method, path), ...operation, security } };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'agent-runtime',
      version,
      description: 'Messages in, streamed answers out: a run outlives its client.',
    },
    components: { securitySchemes: SECURITY },
    paths,
  });
}

/** `get /agent/runs/{run}` -> `getAgentRunsRun`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
