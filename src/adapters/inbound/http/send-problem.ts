import type { Response } from 'express';
import { NO_STORE } from './no-store.js';
import { type ProblemBody, refuseAsProblem } from './problem.js';
import { contextOf } from './request-context.js';

/** Answers with a refusal, in the words of the endpoint that was asked. */
export function sendProblem(response: Response, body: ProblemBody): void {
  const { refuse = refuseAsProblem } = contextOf(response).found;
  response.status(body.status).set('Cache-Control', NO_STORE);
  refuse(body, response);
}
