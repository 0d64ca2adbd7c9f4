import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
}

const SECONDS = 1000;
const CLOSE_IDLE_EVERY = 50;
const CLOSE_GRACE = 5 * SECONDS;

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
  private constructor(private readonly server: Server) {}

  /** Rejects when the address cannot be listened on. */
  static listen(app: Express, { host, port }: HttpServerOptions): Promise<HttpServer> {
    const server = createServer(SERVER_OPTIONS, app);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve(new HttpServer(server.off('error', reject))));
    });
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Takes no new connection, lets open answers come to their end, and cuts what is left after 5 s. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const idle = setInterval(() => this.server.closeIdleConnections(), CLOSE_IDLE_EVERY);
    const cut = setTimeout(() => this.server.closeAllConnections(), CLOSE_GRACE);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  }
}
