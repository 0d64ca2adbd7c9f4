import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { problems } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { USER_ID_RULE } from '../user-id.js';

type Document = ReturnType<typeof createDocument>;

const SECURITY = {
  internalKey: { type: 'apiKey', in: 'header', name: 'X-Internal-Auth' },
  bearerKey: { type: 'http', scheme: 'bearer' },
} as const;

const USER_ID_HEADER = {
  name: 'X-User-Id',
  in: 'header',
  schema: { type: 'string' },
  description: `On whose behalf this is asked: ${USER_ID_RULE}. What is another's is not there then.`,
} as const;

/** The OpenAPI document of `endpoints`, itself included. It is made when somebody asks for it: most processes are never
 *  asked. */
export function openApiRoutes(endpoints: readonly Endpoint[], version: string): readonly Endpoint[] {
  let document: Document | undefined;
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
      document ??= describe([...endpoints, route], version);
      response.json(document);
    },
  };
  return [route];
}

function describe(endpoints: readonly Endpoint[], version: string): Document {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    const { path, method } = endpoint;
    paths[path] = { ...paths[path], [method]: { operationId: operationId(method, path), ...documented(endpoint) } };
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

/** With what all have in common that answer with a key. */
function documented({ operation, access, refuse }: Endpoint): ZodOpenApiOperationObject {
  if (access === 'public') return { ...operation, security: [] };
  return {
    ...operation,
    parameters: [USER_ID_HEADER],
    responses: { ...(refuse === undefined && problems(422)), ...operation.responses },
    security: [{ internalKey: [] }, { bearerKey: [] }],
  };
}

/** `get /agent/runs/{run}` -> `getAgentRunsRun`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
