import type { RequestHandler } from 'express';

/** A step that only a request with a body goes through, for a client that has nothing to say may send none. */
export function whereBody(step: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    return encoding === undefined && Number(length) === 0 ? next() : step(request, response, next);
  };
}
