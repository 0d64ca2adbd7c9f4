import type { RequestHandler } from 'express';
import { Overloaded } from '../../../domain/errors.js';

/** For what takes much memory: while one request is there, others are told to come again. */
export function oneAtATime(): RequestHandler {
  let isTaken = false;
  return (_request, response, next) => {
    if (isTaken) throw new Overloaded('This replica is busy with another request of this kind; send it again.');
    isTaken = true;
    response.once('close', () => {
      isTaken = false;
    });
    next();
  };
}
