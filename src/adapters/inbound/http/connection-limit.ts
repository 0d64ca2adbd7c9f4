import type { Socket } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { RETRY_AFTER } from './error-status.js';
import { HttpProblem } from './http-problem.js';

/** How many connections a process serves. A few more are taken on, to be told so and closed. */
export class ConnectionLimit {
  private count = 0;
  private readonly beyond = new WeakSet<Socket>();

  constructor(readonly most: number) {}

  /** How many are open. */
  get open(): number {
    return this.count;
  }

  add(socket: Socket): void {
    this.count += 1;
    if (this.count > this.most) this.beyond.add(socket);
    socket.once('close', () => {
      this.count -= 1;
    });
  }

  /** A step for requests: refuses those of a connection that was one too many. */
  readonly check = (request: Request, _response: Response, next: NextFunction): void => {
    if (this.beyond.has(request.socket)) {
      const headers = { 'Retry-After': RETRY_AFTER[503] ?? '', Connection: 'close' };
      throw new HttpProblem(503, 'overloaded', 'This replica has as many connections as it may.', { headers });
    }
    next();
  };
}
