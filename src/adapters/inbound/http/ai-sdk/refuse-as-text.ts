import type { Response } from 'express';
import type { ProblemBody } from '../problem.js';

/** The page shows the body as it is: so it is the sentence, and nothing else. */
export function refuseAsText({ detail }: ProblemBody, response: Response): void {
  response.type('text/plain').send(detail);
}
