import { Socket } from 'node:net';
import type { ClientConfig } from 'pg';

const CONNECT_MILLISECONDS = 2000;

/** How the server is reached, and every socket that is open to it. */
export class ServerAccess {
  readonly settings: ClientConfig;
  private readonly sockets = new Set<Socket>();

  constructor(url: string) {
    this.settings = {
      connectionString: url,
      application_name: 'agent-runtime',
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      stream: () => this.openSocket(),
    };
  }

  /** Cuts every socket. A server that hangs answers no goodbye, and an open socket would keep the process alive. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private openSocket(): Socket {
    const socket = new Socket();
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }
}
