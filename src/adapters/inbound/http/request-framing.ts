import type { Socket } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './http-problem.js';

/** Connections of which it is not sure where a request ended: nothing that follows on them is carried out. They close behind the
 *  refusal, but Node has read on by then. */
const unsure = new WeakSet<Socket>();

/** Refuses a request whose body another server on the way might cut differently (RFC 9112, section 6.1), or that expects what
 *  nobody here can do. */
export function checkFraming(request: Request, response: Response, next: NextFunction): void {
  if (unsure.has(request.socket)) return;
  const { host, 'transfer-encoding': encoding = 'chunked', expect } = request.headers;
  if (host === undefined && request.httpVersion !== '1.0') throw badRequest(request, 'Send a Host header.');
  if (encoding.toLowerCase() !== 'chunked') {
    throw badRequest(request, 'Send the body with Content-Length, or with Transfer-Encoding: chunked and no other.');
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

function badRequest({ socket }: Request, detail: string): HttpProblem {
  unsure.add(socket);
  return new HttpProblem(400, 'bad_request', detail, { headers: { Connection: 'close' } });
}
