import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Express } from 'express';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
}

const SECONDS = 1000;
const CLOSE_GRACE = 5 * SECONDS;
const CLOSE_CHECK = 10;

/** Timeouts fit for long answers: they bound the reading of a request and say nothing of its answer. A connection is kept
 *  longer than load balancers keep theirs (60 s), so that they never use one that is just being closed. */
const SERVER_OPTIONS = {
  requestTimeout: 30 * SECONDS,
  headersTimeout: 30 * SECONDS,
  keepAliveTimeout: 75 * SECONDS,
  keepAlive: true,
  keepAliveInitialDelay: 30 * SECONDS,
  noDelay: true,
};

/** The listening socket. */
export class HttpServer {
  /** Answers that are not yet with their client: Node takes them for idle as soon as they are written. */
  private readonly open = new Set<ServerResponse>();

  private constructor(private readonly server: Server) {
    server.on('request', (_request, response) => {
      this.open.add(response);
      response.once('close', () => this.open.delete(response));
    });
  }

  /** Rejects when the address cannot be listened on. */
  static listen(app: Express, { host, port }: HttpServerOptions): Promise<HttpServer> {
    const server = createServer(SERVER_OPTIONS);
    const listening = new HttpServer(server);
    server.on('request', app);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve(listening);
      });
    });
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Lets open answers reach their clients, for 5 s at most, and then closes every connection. */
  async close(): Promise<void> {
    const end = performance.now() + CLOSE_GRACE;
    while (this.open.size > 0 && performance.now() < end) await delay(CLOSE_CHECK);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}
