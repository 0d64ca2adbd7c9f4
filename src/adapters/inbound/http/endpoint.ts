import type { Request, RequestHandler, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Refuse } from './problem.js';
import type { RequestContext } from './request-context.js';

/** One method of one path: what is mounted and what is documented are the same object. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As in OpenAPI: `/agent/runs/{run}`. */
  readonly path: string;
  /** Public ones answer without the internal key. */
  readonly access: 'public' | 'internal-key';
  /** What a request goes through before it is handled: the reading of its body, where it has one. */
  readonly before?: readonly RequestHandler[];
  readonly operation: ZodOpenApiOperationObject;
  /** How a refusal is told, where not as RFC 9457 has it. */
  readonly refuse?: Refuse;
  handle(request: Request, response: Response, context: RequestContext): Promise<void> | void;
}

/** A parameter of the path, which its template guarantees. */
export function pathParameter(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value !== 'string') throw new Error(`The path has no parameter ${name}`);
  return value;
}
