import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For how long a client may take nothing of an answer that is written. */
const STALL_MILLISECONDS = 30_000;

/** The answers that are not yet with their clients: Node takes a connection for idle as soon as its answer is
 *  written. */
export class OpenAnswers {
  private readonly open = new Set<ServerResponse>();

  constructor(private readonly stallMilliseconds = STALL_MILLISECONDS) {}

  get size(): number {
    return this.open.size;
  }

  /** Once it is written, a client that takes nothing of it for 30 s loses its connection. Node's timeout of a socket
   *  begins anew whenever the system has taken some of what is to be written, so a slow reader gets all of it. Streams
   *  have a limit of their own: they are not written to their end. */
  add(response: ServerResponse): void {
    this.open.add(response);
    response.once('prefinish', () => response.setTimeout(this.stallMilliseconds, () => response.destroy()));
    response.once('close', () => this.open.delete(response));
  }

  /** The one that the client of this connection waits for. */
  firstOn(socket: Socket): ServerResponse | undefined {
    for (const response of this.open) if (response.req.socket === socket) return response;
    return undefined;
  }

  /** Whether the client of this connection has a part of an answer. */
  hasBegunOn(socket: Socket): boolean {
    for (const { req, headersSent } of this.open) if (headersSent && req.socket === socket) return true;
    return false;
  }
}
