import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { NO_STORE } from './no-store.js';
import { problemBody } from './problem.js';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Somebody takes this service for a proxy. */
export class TunnelRefused extends Error {
  readonly code = 'TUNNEL_REFUSED';
}

/** By the code of Node's parser, and our own; what is not here is a request that breaks the rules of HTTP. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', detail: 'Path and headers take more than 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'body_too_large',
    detail: "The extensions of the body's chunks take more than 16 KiB.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    detail: 'The request did not come to its end in time; send it again, faster.',
  },
  TUNNEL_REFUSED: { status: 400, code: 'bad_request', detail: 'CONNECT is not possible: this service is no proxy.' },
};
const NO_HTTP: Refusal = {
  status: 400,
  code: 'bad_request',
  detail: 'The request breaks the rules of HTTP; check its headers and the length of its body.',
};

/** Refuses what never became a request, in the form that every refusal has, and closes the connection: where the next
 *  request would begin is not known. Returns the status. */
export function refuseUnreadable(error: Error, socket: Socket, requestId: string): number {
  const code = 'code' in error ? String(error.code) : '';
  const { status, code: name, detail } = REFUSALS[code] ?? NO_HTTP;
  const body = JSON.stringify(problemBody(status, name, detail, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Cache-Control: ${NO_STORE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${isHead(error) ? '' : body}`);
  socket.destroySoon();
  return status;
}

/** As far as it was read: an answer to HEAD has no body. */
function isHead(error: Error): boolean {
  const packet = 'rawPacket' in error ? error.rawPacket : undefined;
  return Buffer.isBuffer(packet) && packet.subarray(0, 5).toString('latin1') === 'HEAD ';
}
