import { MIMEType } from 'node:util';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { HttpProblem } from './http-problem.js';

/** Reads a JSON body into `request.body`, refusing all that would have to be guessed at. */
export function jsonBody(limitBytes: number): RequestHandler[] {
  return [checkContentType, readBytes(limitBytes), parse];
}

/** Leaves a JSON body to be read with `bodyReads`. */
export function unreadJsonBody(): RequestHandler {
  return checkContentType;
}

/** The body as it comes; the next read is made when the one before is done with. What is left of it when its reader
 *  breaks off is thrown away, as below. */
export async function* bodyReads(request: Request, response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  askForBody(request, response);
  try {
    for await (const read of request.iterator({ destroyOnReturn: false })) if (read instanceof Uint8Array) yield read;
  } catch {
    throw invalidBody('The body broke off.');
  } finally {
    request.resume();
  }
}

function checkContentType(request: Request, _response: Response, next: NextFunction): void {
  const encoding = request.get('Content-Encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new HttpProblem(415, 'unsupported_encoding', 'Send the body without Content-Encoding.');
  }
  if (!isUtf8Json(request.get('Content-Type') ?? '')) {
    throw new HttpProblem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json in UTF-8.');
  }
  next();
}

/** As browsers read a content type: empty and unknown parameters do no harm. */
function isUtf8Json(contentType: string): boolean {
  try {
    // Spaces around the sign are no part of the standard, and would hide a charset.
    const { essence, params } = new MIMEType(contentType.replaceAll(/\s*=\s*/g, '='));
    return essence === 'application/json' && UTF8.test(params.get('charset') || 'utf-8');
  } catch {
    return false;
  }
}

const UTF8 = /^\s*utf-?8\s*$/i;

/** Refuses what is too large as soon as that is known; a parser that reads such a body to its end first, as Express'
 *  own do, never answers one that has no end. */
function readBytes(limitBytes: number): RequestHandler {
  return async (request, response, next) => {
    if (Number(request.get('Content-Length') ?? 0) > limitBytes) throw bodyTooLarge(limitBytes);
    askForBody(request, response);
    request.body = await bytesOf(request, limitBytes);
    next();
  };
}

/** Only now is the body wanted: a client that waits for this has not sent what would have been refused. One of HTTP/1.0
 *  would take it for the answer (RFC 9110, section 10.1.1). */
function askForBody(request: Request, response: Response): void {
  if (request.headers.expect !== undefined && request.httpVersion !== '1.0') response.writeContinue();
}

/** By its events, which cost less than an iterator of them. What is too large is left to be thrown away, so that the
 *  answer can still be sent: a client reads it when it has sent all, and the server's time limit for requests ends
 *  those that never have. */
function bytesOf(request: Request, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const take = (piece: Buffer): void => {
      length += piece.length;
      pieces.push(piece);
      if (length <= limitBytes) return;
      pieces.length = 0;
      request.off('data', take).resume();
      reject(bodyTooLarge(limitBytes));
    };
    const breakOff = (): void => {
      if (!request.readableEnded) reject(invalidBody('The body broke off.'));
    };
    request.on('data', take).once('end', () => resolve(Buffer.concat(pieces)));
    request.once('error', breakOff).once('close', breakOff);
    // Whoever left before this is told of by no event any more.
    if (request.destroyed) breakOff();
  });
}

export function bodyTooLarge(limitBytes: number): HttpProblem {
  return new HttpProblem(413, 'body_too_large', `The body is larger than the limit of ${limitBytes} bytes.`);
}

function parse(request: Request, _response: Response, next: NextFunction): void {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) throw invalidBody('The body is empty; send a JSON object.');
  request.body = parsedJson(bytes);
  next();
}

/** Throws HttpProblem 400. */
export function parsedJson(bytes: Uint8Array): unknown {
  return parseJson(decode(bytes));
}

const UTF8_DECODER = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return UTF8_DECODER.decode(bytes);
  } catch {
    throw invalidBody('The body is not valid UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidBody('The body is not valid JSON.');
  }
}

export function invalidBody(detail: string): HttpProblem {
  return new HttpProblem(400, 'invalid_body', detail);
}
