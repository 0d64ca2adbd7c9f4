import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { HttpProblem } from './http-problem.js';

const UTF8_JSON = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Reads a JSON body into `request.body`, refusing all that would have to be guessed at. */
export function jsonBody(limitBytes: number): RequestHandler[] {
  return [checkContentType, readBytes(limitBytes), parse];
}

function checkContentType(request: Request, _response: Response, next: NextFunction): void {
  const encoding = request.get('Content-Encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new HttpProblem(415, 'unsupported_encoding', 'Send the body without Content-Encoding.');
  }
  if (!UTF8_JSON.test(request.get('Content-Type') ?? '')) {
    throw new HttpProblem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json in UTF-8.');
  }
  next();
}

function readBytes(limitBytes: number): RequestHandler {
  const read = express.raw({ type: () => true, limit: limitBytes, inflate: false });
  return (request, response, next) => {
    read(request, response, (error?: unknown) => next(isTooLarge(error) ? tooLarge(limitBytes) : error));
  };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 413;
}

function tooLarge(limitBytes: number): HttpProblem {
  // The rest of the body is not read, so nothing can follow it on this connection.
  const headers = { Connection: 'close' };
  return new HttpProblem(413, 'body_too_large', `The body is larger than the limit of ${limitBytes} bytes.`, {
    headers,
  });
}

function parse(request: Request, _response: Response, next: NextFunction): void {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) throw invalid('The body is empty; send a JSON object.');
  request.body = parseJson(decode(bytes));
  next();
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('The body is not valid UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('The body is not valid JSON.');
  }
}

function invalid(detail: string): HttpProblem {
  return new HttpProblem(400, 'invalid_body', detail);
}
