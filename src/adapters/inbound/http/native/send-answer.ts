import type { Response } from 'express';
import type { WholeAnswer } from '../../../../domain/answer-draft.js';
import type { OpenCall } from '../../../../domain/reply-step.js';
import type { RequestContext } from '../request-context.js';
import { filledAt, fillingOf, sendFilled } from '../send-filled.js';
import type { ReadableRun } from './stream-run.js';
import { answerView } from './whole-answer.js';

/** Answers with a run that has ended. */
export async function sendAnswer(
  readable: ReadableRun,
  answer: WholeAnswer,
  openCalls: readonly OpenCall[] | undefined,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const view = answerView(readable.run, answer, openCalls);
  if (answer.text !== undefined) {
    response.json(view);
    return;
  }
  const json = filledAt([JSON.stringify(view)], 'content', fillingOf('text-delta'));
  await sendFilled(readable, json, response, context);
}
