import type { Response } from 'express';
import type { WholeAnswer } from '../../../../domain/answer-draft.js';
import type { ReadableRun } from '../native/stream-run.js';
import { sendJson } from '../problem.js';
import type { RequestContext } from '../request-context.js';
import { filledAt, fillingOf, sendFilled } from '../send-filled.js';
import { completionView } from './chat-view.js';

/** Answers with a run that came to a good end. */
export async function sendCompletion(
  readable: ReadableRun,
  model: string,
  answer: WholeAnswer,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const view = completionView(readable.run, model, answer);
  const { text, reasoning } = answer;
  if (text !== undefined && reasoning !== undefined) return sendJson(response, view);
  const json = [JSON.stringify(view)];
  const withText = text === undefined ? filledAt(json, 'content', fillingOf('text-delta')) : json;
  const whole =
    reasoning === undefined ? filledAt(withText, 'reasoning_content', fillingOf('reasoning-delta')) : withText;
  await sendFilled(readable, whole, response, context);
}
