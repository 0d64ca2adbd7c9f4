import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A client may take so long to read an answer that is written; half of it is how often that is looked at. */
const LOOK_MS = 30_000;

/** The answers that are not yet with their clients: Node takes a connection for idle as soon as its answer is written. */
export class OpenAnswers {
  private readonly open = new Set<ServerResponse>();
  private unread = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.open.size;
  }

  add(response: ServerResponse): void {
    this.open.add(response);
    response.once('close', () => this.open.delete(response));
  }

  /** Whether the client of this connection has a part of an answer. */
  hasBegunOn(socket: Socket): boolean {
    for (const { req, headersSent } of this.open) if (headersSent && req.socket === socket) return true;
    return false;
  }

  /** From now on, a client that does not read what is written for it loses its connection after 30 s to 60 s. Streams have a
   *  limit of their own: they are not written to their end. */
  watch(): void {
    this.timer = setInterval(() => this.cutUnread(), LOOK_MS).unref();
  }

  unwatch(): void {
    clearInterval(this.timer);
  }

  private cutUnread(): void {
    const written = [...this.open].filter(({ writableEnded }) => writableEnded);
    for (const response of written) if (this.unread.has(response)) response.destroy();
    this.unread = new Set(written);
  }
}
