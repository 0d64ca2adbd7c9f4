import type { RequestHandler } from 'express';
import type { DoorUseCases } from '../door/door.js';
import type { Endpoint } from '../endpoint.js';
import { createResponse } from './create-response.js';
import { storedResponseRoutes } from './stored-responses.js';

/** OpenAI's Responses over runs: begun, read again from any place, cancelled, deleted. */
export function responseRoutes(useCases: DoorUseCases, before: readonly RequestHandler[]): readonly Endpoint[] {
  return [createResponse(useCases, before), ...storedResponseRoutes(useCases)];
}
