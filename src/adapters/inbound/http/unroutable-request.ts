import type { ServerResponse } from 'node:http';
import { NO_STORE } from './no-store.js';
import { problemBody } from './problem.js';

/** Refuses a request that Express gave to none of our steps: it finds no path in its target. Its own answer would be a
 *  page. */
export function refuseUnroutable(response: ServerResponse, requestId: string): void {
  const detail = 'The target of the request has no path; send one that begins with a slash.';
  response
    .writeHead(400, {
      'Content-Type': 'application/problem+json',
      'Cache-Control': NO_STORE,
      'X-Request-Id': requestId,
    })
    .end(JSON.stringify(problemBody(400, 'bad_request', detail, requestId)));
}
