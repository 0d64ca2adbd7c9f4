import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';

export interface HttpCall {
  readonly method?: string;
  /** Sent as it stands: not encoded, not normalised. */
  readonly path: string;
  /** Undefined ones are left out; an array is sent as several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: string | Uint8Array;
  /** The body is not ended: more of it is still to come. */
  readonly keepsSending?: boolean;
}

/** An answer that was read to its end. */
export class HttpAnswer {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly bytes: Buffer,
  ) {}

  get text(): string {
    return this.bytes.toString();
  }

  get json(): Record<string, unknown> {
    return JSON.parse(this.text);
  }
}

/** One request on a connection of its own; resolves with the head of the answer. */
export function openHttp(origin: string, call: HttpCall): Promise<IncomingMessage> {
  const { method = 'GET', path, body, keepsSending = false } = call;
  return new Promise((resolve, reject) => {
    const request = httpRequest(origin, { method, path, headers: present(call.headers ?? {}), agent: false });
    request.once('response', resolve).once('error', reject);
    if (body !== undefined) request.write(body);
    if (keepsSending) request.flushHeaders();
    else request.end();
  });
}

/** One request, answered whole. */
export async function callHttp(origin: string, call: HttpCall): Promise<HttpAnswer> {
  const response = await openHttp(origin, call);
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return new HttpAnswer(response.statusCode ?? 0, response.headers, Buffer.concat(pieces));
}

function present(headers: NonNullable<HttpCall['headers']>): OutgoingHttpHeaders {
  const set = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return Object.fromEntries(set.map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]));
}
