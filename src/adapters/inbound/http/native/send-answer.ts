import type { Response } from 'express';
import type { RunEvent } from '../../../../domain/run-event.js';
import { PiecewiseJson } from '../piecewise-json.js';
import type { RequestContext } from '../request-context.js';
import { aroundContent, jsonSlices } from './json-slices.js';
import type { ReadableRun } from './stream-run.js';
import { answerView, type WholeAnswer } from './whole-answer.js';

/** Answers with a run that has ended. A long answer is read again, each part when the reader has taken the one before: a slow
 *  reader takes no room for all of it. */
export async function sendAnswer(
  { run, read }: ReadableRun,
  answer: WholeAnswer,
  response: Response,
  { clientLeft }: RequestContext,
): Promise<void> {
  if (answer.text !== undefined) {
    response.json(answerView(run, answer.text, answer));
    return;
  }
  const [before, after] = aroundContent(answerView(run, '', answer));
  const json = new PiecewiseJson(response, before);
  await read(clientLeft, (events) => addAll(json, slicesOf(events)));
  if (!clientLeft.aborted) json.end(after);
}

function slicesOf(events: readonly RunEvent[]): Iterator<string> {
  return jsonSlices(events.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''));
}

/** Undefined where the reader has taken it all; else a promise for when it has, or is gone. */
function addAll(json: PiecewiseJson, slices: Iterator<string>): Promise<void> | undefined {
  for (let next = slices.next(); next.done !== true; next = slices.next()) {
    const taking = json.add(next.value);
    if (taking !== undefined) return taking.then(() => addAll(json, slices));
  }
  return undefined;
}
