import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './http-problem.js';

/** Refuses a request whose body another server on the way might cut differently (RFC 9112, section 6.1), or that expects what
 *  nobody here can do. */
export function checkFraming(request: Request, response: Response, next: NextFunction): void {
  const { host, 'transfer-encoding': encoding = 'chunked', expect } = request.headers;
  if (host === undefined && request.httpVersion !== '1.0') throw badRequest('Send a Host header.');
  if (encoding.toLowerCase() !== 'chunked') {
    throw badRequest('Send the body with Content-Length, or with Transfer-Encoding: chunked and no other.');
  }
  if (expect !== undefined) {
    // A client that is refused may keep its body to itself: then the next request would be taken for it.
    response.setHeader('Connection', 'close');
    if (expect.toLowerCase() !== '100-continue') {
      throw new HttpProblem(417, 'expectation_failed', 'Send no Expect, or Expect: 100-continue.');
    }
  }
  next();
}

function badRequest(detail: string): HttpProblem {
  return new HttpProblem(400, 'bad_request', detail, { headers: { Connection: 'close' } });
}
