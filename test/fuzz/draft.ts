import { type Attempt, bytesOf, USUAL_PATIENCE_MS } from './attempt.js';

/** A request that is still being made wrong. Text is sent as it stands, a character as a byte. */
export interface Draft {
  readonly operation: string;
  method: string;
  path: string;
  query: string;
  readonly headers: [name: string, value: string][];
  /** What the body is made of, unless `body` is set. */
  readonly fields: Record<string, unknown> | undefined;
  body: Uint8Array | undefined;
  framing: 'length' | 'chunked';
}

/** Sets a header, or takes it away. */
export function setHeader(draft: Draft, name: string, value: string | undefined): void {
  const kept = draft.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  draft.headers.splice(0, draft.headers.length, ...kept);
  if (value !== undefined) draft.headers.push([name, value]);
}

/** The body as it is to be sent, and undefined when there is none. */
export function bodyOf({ body, fields }: Draft): Uint8Array | undefined {
  return body ?? (fields && Buffer.from(JSON.stringify(fields)));
}

export function attemptOf(draft: Draft, wrongs: readonly string[]): Attempt {
  const { operation, method, path, query, framing } = draft;
  const body = bodyOf(draft);
  const lines = draft.headers.map(([name, value]) => `${name}: ${value}`);
  if (body !== undefined)
    lines.push(framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`);
  const target = path + (query === '' ? '' : `?${query}`);
  const head = bytesOf(`${method} ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
  return {
    name: `${operation}: ${wrongs.join(', ')}`,
    method,
    path,
    pieces: body === undefined ? [head] : [head, framing === 'chunked' ? chunked(body) : body],
    halfCloses: false,
    // It asks for a connection to elsewhere, which ends at once.
    maySayNothing: method === 'CONNECT',
    mustBeRefused: false,
    milliseconds: USUAL_PATIENCE_MS,
  };
}

function chunked(body: Uint8Array): Uint8Array {
  const chunk = body.length === 0 ? [] : [bytesOf(`${body.length.toString(16)}\r\n`), body, bytesOf('\r\n')];
  return Buffer.concat([...chunk, bytesOf('0\r\n\r\n')]);
}
