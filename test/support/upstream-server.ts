import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What the upstream does next. A script without an ending of its own ends the body in good order. */
export type UpstreamStep =
  | { readonly type: 'write'; readonly bytes: string | Uint8Array }
  | { readonly type: 'delay'; readonly milliseconds: number }
  | { readonly type: 'wait-for'; readonly promise: Promise<unknown> }
  /** Bytes past HTTP, straight into the socket. */
  | { readonly type: 'raw'; readonly bytes: string | Uint8Array }
  | { readonly type: 'end' }
  /** FIN in the middle of the body. */
  | { readonly type: 'destroy' }
  /** RST in the middle of the body. */
  | { readonly type: 'reset' }
  /** Nothing more, and the connection stays. */
  | { readonly type: 'hang' };

export interface UpstreamAnswer {
  /** Done before the status line is sent. */
  readonly before?: Iterable<UpstreamStep>;
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly steps?: Iterable<UpstreamStep>;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Resolves when the connection this came on is closed. */
  readonly socketClosed: Promise<unknown>;
}

/** An upstream on loopback that does what the test says, for every request anew. */
export class ScriptedUpstream {
  readonly requests: UpstreamRequest[] = [];
  /** How many connections were opened. */
  connections = 0;
  answer: (request: UpstreamRequest) => UpstreamAnswer = () => ({ status: 500 });
  private readonly closings = new WeakMap<Socket, Promise<unknown>>();
  private readonly waiting: ((request: UpstreamRequest) => void)[] = [];
  private readonly server: Server = createServer(
    (incoming, outgoing) => void this.serve(incoming, outgoing).catch(() => {}),
  );

  async start(): Promise<void> {
    this.server.on('connection', (socket) => {
      this.connections += 1;
      // Once for each connection, however many requests come on it. `once` of node:events would reject on a reset.
      this.closings.set(socket, new Promise((resolve) => socket.once('close', resolve)));
      socket.setNoDelay(true);
      socket.on('error', () => {});
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The upstream is not listening.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The next request to come. */
  nextRequest(): Promise<UpstreamRequest> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await record(incoming, this.closings.get(incoming.socket));
    this.requests.push(request);
    for (const resolve of this.waiting.splice(0)) resolve(request);
    const { before = [], status = 200, headers = {}, steps = [] } = this.answer(request);
    for (const step of before) await perform(step, outgoing);
    outgoing.writeHead(status, headers).flushHeaders();
    for (const step of steps) await perform(step, outgoing);
    outgoing.end();
  }
}

async function record(
  incoming: IncomingMessage,
  socketClosed: Promise<unknown> = Promise.resolve(),
): Promise<UpstreamRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  const { method = '', url: path = '', headers } = incoming;
  return { method, path, headers, body: Buffer.concat(pieces).toString(), socketClosed };
}

async function perform(step: UpstreamStep, outgoing: ServerResponse): Promise<void> {
  switch (step.type) {
    case 'write':
      if (!outgoing.write(step.bytes)) await once(outgoing, 'drain');
      return;
    case 'raw':
      outgoing.socket?.write(step.bytes);
      return;
    case 'end':
      outgoing.end();
      return;
    default:
      await interrupt(step, outgoing);
  }
}

async function interrupt(
  step: Exclude<UpstreamStep, { type: 'write' | 'raw' | 'end' }>,
  outgoing: ServerResponse,
): Promise<void> {
  if (step.type === 'delay') await delay(step.milliseconds);
  else if (step.type === 'wait-for') await step.promise;
  else {
    if (step.type === 'destroy') outgoing.destroy();
    if (step.type === 'reset') outgoing.socket?.resetAndDestroy();
    await new Promise(() => {});
  }
}
