import type { Request } from 'express';
import { SessionNotFound } from '../../../../domain/errors.js';
import { pathParameter } from '../endpoint.js';

export const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** The id in a path. Throws SessionNotFound for what is no id at all: a store may fail at looking for such text. */
export function sessionId(request: Request): string {
  const id = pathParameter(request, 'id');
  if (!SESSION_ID.test(id)) throw new SessionNotFound(id);
  return id;
}
