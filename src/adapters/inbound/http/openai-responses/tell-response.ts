import type { Response } from 'express';
import { collectAnswer } from '../../../../application/collect-answer.js';
import type { WholeAnswer } from '../../../../domain/answer-draft.js';
import { isEnded, type Run } from '../../../../domain/run.js';
import type { DoorUseCases } from '../door/door.js';
import type { ReadableRun } from '../native/stream-run.js';
import { sendJson } from '../problem.js';
import type { RequestContext } from '../request-context.js';
import { sendFilled } from '../send-filled.js';
import { outputFilling } from './output-filling.js';
import { stateOf } from './response-state.js';
import { type ResponseView, responseViewOf } from './response-view.js';

type UseCases = Pick<DoorUseCases, 'replay' | 'choices'>;

/** Answers with a response as it stands: its output is told when its run has ended. */
export async function tellNow(
  run: Run,
  { replay, choices }: UseCases,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const view = responseViewOf(run, choices);
  if (!isEnded(run))
    return sendJson(response, view({ status: run.status === 'queued' ? 'queued' : 'in_progress', output: [] }));
  const readable = await replay.again(run);
  const answer = await collectAnswer(readable, context.clientLeft);
  if (answer !== undefined) await tellEnded(readable, answer, view, response, context);
}

/** Answers with a response whose run has ended. */
export async function tellEnded(
  readable: ReadableRun,
  answer: WholeAnswer,
  view: ResponseView,
  response: Response,
  context: RequestContext,
): Promise<void> {
  const state = stateOf(readable.run.id, answer);
  if (answer.text !== undefined && answer.reasoning !== undefined) return sendJson(response, view(state));
  const json = JSON.stringify(view({ ...state, output: [] }));
  const place = json.lastIndexOf(OUTPUT) + OUTPUT.length;
  const parts = [json.slice(0, place), outputFilling(readable.run.id, answer), json.slice(place)];
  await sendFilled(readable, parts, response, context);
}

/** Up to where the items stand. Behind it, a response has nothing that its client or its model has written. */
const OUTPUT = '"output":[';
