import type { Socket } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './http-problem.js';

/** Connections of which it is not sure where a request ended: nothing that follows on them is carried out. They close
 *  behind the refusal, but Node has read on by then. */
const unsure = new WeakSet<Socket>();

/** Refuses a request that another server on the way might cut differently (RFC 9112, section 6.1) or take elsewhere, or
 *  that expects what nobody here can do. */
export function checkFraming(request: Request, response: Response, next: NextFunction): void {
  const { socket, headers } = request;
  if (unsure.has(socket)) return;
  const doubt = doubtOf(request);
  if (doubt !== undefined) {
    unsure.add(socket);
    throw new HttpProblem(400, 'bad_request', doubt, { headers: { Connection: 'close' } });
  }
  if (headers.expect !== undefined) {
    // A client that is refused may keep its body to itself: then the next request would be taken for it.
    response.setHeader('Connection', 'close');
    if (headers.expect.toLowerCase() !== '100-continue') {
      throw new HttpProblem(417, 'expectation_failed', 'Send no Expect, or Expect: 100-continue.');
    }
  }
  next();
}

/** Bytes that are no part of an address, and a backslash before the query. Node lets them through, and the parser of
 *  addresses takes some of them for spaces to cut off, or for slashes: the path would be another one than a rule on the
 *  way has seen. */
const ODD_TARGET = /[^!-~]|^[^?]*\\/;

function doubtOf({ url, httpVersion, headers, headersDistinct }: Request): string | undefined {
  if (ODD_TARGET.test(url)) return 'The target of the request has characters that must be percent-encoded.';
  const hosts = headersDistinct.host?.length ?? 0;
  if (hosts === 0 && httpVersion !== '1.0') return 'Send a Host header.';
  // Node keeps the first of them, another server may keep the last (RFC 9112, section 3.2).
  if (hosts > 1) return 'Send one Host header.';
  const { 'transfer-encoding': encoding = 'chunked' } = headers;
  if (encoding.toLowerCase() !== 'chunked') {
    return 'Send the body with Content-Length, or with Transfer-Encoding: chunked and no other.';
  }
  return undefined;
}
