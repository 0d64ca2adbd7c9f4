import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Express } from 'express';
import type { ConnectionLimit } from '../../adapters/inbound/http/connection-limit.js';
import { type RequestObserver, refusedRequest } from '../../adapters/inbound/http/request-observer.js';
import { refuseUnreadable, TunnelRefused } from '../../adapters/inbound/http/unreadable-request.js';
import { refuseUnroutable } from '../../adapters/inbound/http/unroutable-request.js';
import type { IdGenerator } from '../../application/ports/id-generator.js';
import { OpenAnswers } from './open-answers.js';

export interface HttpServerParts {
  readonly app: Express;
  readonly connections: ConnectionLimit;
  readonly ids: IdGenerator;
  readonly requests: RequestObserver;
}

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Other processes listen there, too, and the system gives each connection to one of them. */
  readonly sharesPort?: boolean;
  /** What a client may take to send a request. */
  readonly requestMilliseconds?: number;
}

const SECONDS = 1000;
const REQUEST_MILLISECONDS = 30 * SECONDS;
/** How often Node looks for requests whose time is over, while that passes once. */
const LOOKS = 6;
const CLOSE_CHECK = 10;
/** Beyond the limit, by a tenth, a connection is told that it is one too many; beyond that it is closed without a
 *  word. */
const TOLD_SHARE = 1.1;

/** Timeouts fit for long answers: they bound the reading of a request and say nothing of its answer. A connection is
 *  kept longer than load balancers keep theirs (60 s), so that they never use one that is just being closed. */
const SERVER_OPTIONS = {
  keepAliveTimeout: 75 * SECONDS,
  keepAlive: true,
  keepAliveInitialDelay: 30 * SECONDS,
  noDelay: true,
  // Node's own refusal has no body; the application makes a better one.
  requireHostHeader: false,
};

/** The listening socket. */
export class HttpServer {
  private readonly answers = new OpenAnswers();

  private constructor(
    private readonly server: Server,
    private readonly parts: HttpServerParts,
  ) {
    const { app, connections } = parts;
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      this.answers.add(response);
      // Express' types know of no third argument; without it, Express answers by itself where no step of ours does.
      Reflect.apply(app, undefined, [request, response, () => this.refusePathless(request, response)]);
    };
    // Without a listener of their own, Node answers the latter two itself: one with a call for the body before anybody
    // has looked at the key, the other without a body.
    for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, serve);
    // The same for CONNECT, whose connection Node would close without a word.
    server.on('connect', (_request: IncomingMessage, socket: Socket) => this.refuseTunnel(socket));
    server.on('connection', (socket: Socket) => connections.add(socket));
    server.on('clientError', (error: Error, socket: Socket) => this.refuse(error, socket));
    server.maxConnections = Math.ceil(connections.most * TOLD_SHARE);
  }

  /** Rejects when the address cannot be listened on. */
  static listen(parts: HttpServerParts, options: HttpServerOptions): Promise<HttpServer> {
    const { host, port, sharesPort = false, requestMilliseconds = REQUEST_MILLISECONDS } = options;
    const server = createServer({ ...SERVER_OPTIONS, ...requestLimits(requestMilliseconds) });
    const listening = new HttpServer(server, parts);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, exclusive: sharesPort, reusePort: sharesPort }, () => {
        server.off('error', reject);
        resolve(listening);
      });
    });
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Lets open answers reach their clients, for a time, and then closes every connection. */
  async close(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.answers.size > 0 && performance.now() < end) await delay(CLOSE_CHECK);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private refusePathless({ method }: IncomingMessage, response: ServerResponse): void {
    const { ids, requests } = this.parts;
    const requestId = ids.next();
    refuseUnroutable(response, requestId);
    requests.answered(refusedRequest(method, response.statusCode, requestId));
  }

  /** Node has left the connection to its listener: a reset that nobody hears would end the process. */
  private refuseTunnel(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    this.refuse(new TunnelRefused(), socket, 'CONNECT');
  }

  /** Not into the middle of another answer of the same connection. */
  private refuse(error: Error, socket: Socket, method?: string): void {
    if (!socket.writable || this.answers.hasBegunOn(socket)) {
      socket.destroy();
      return;
    }
    const { ids, requests } = this.parts;
    const waiting = this.answers.firstOn(socket);
    const requestId = String(waiting?.getHeader('X-Request-Id') ?? ids.next());
    const status = refuseUnreadable(error, socket, requestId);
    // A request that had reached the application is told of by it.
    if (waiting === undefined) requests.answered(refusedRequest(method, status, requestId));
    else waiting.statusCode = status;
  }
}

function requestLimits(milliseconds: number) {
  return {
    requestTimeout: milliseconds,
    headersTimeout: milliseconds,
    connectionsCheckingInterval: milliseconds / LOOKS,
  };
}
