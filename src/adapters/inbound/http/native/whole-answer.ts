import { z } from 'zod';
import type { Run } from '../../../../domain/run.js';
import type { RunEnd, RunEvent, RunFailure } from '../../../../domain/run-event.js';
import { ERROR_STATUS } from '../error-status.js';
import { type ProblemBody, problemBody } from '../problem.js';
import { finishReasonSchema, modelSchema, usageSchema, usageView } from './run-view.js';
import type { ReadableRun } from './stream-run.js';

export const wholeAnswerSchema = z
  .object({
    session_id: z.string(),
    run_id: z.string(),
    message: z.object({ role: z.literal('assistant'), content: z.string() }),
    finish_reason: finishReasonSchema,
    usage: usageSchema,
    model: modelSchema,
  })
  .meta({ id: 'WholeAnswer' });

/** What is kept of an answer while it is written. A longer one is read again when it is told. */
const KEPT_CHARACTERS = 64 * 1024;

/** A run that has come to its end, read from its events. */
export interface WholeAnswer {
  /** Undefined when it is too long to be kept for a reader that may take its time. */
  readonly text: string | undefined;
  readonly failure: RunFailure | undefined;
  readonly end: RunEnd;
}

/** Undefined when the events stopped before the ending: the client has left. */
export async function collectAnswer({ read }: ReadableRun, signal: AbortSignal): Promise<WholeAnswer | undefined> {
  let answer: UnfinishedAnswer = { text: '', failure: undefined, end: undefined };
  await read(signal, (batch) => {
    answer = batch.reduce(withEvent, answer);
    return undefined;
  });
  const { text, failure, end } = answer;
  return end && { text, failure, end };
}

interface UnfinishedAnswer extends Omit<WholeAnswer, 'end'> {
  readonly end: RunEnd | undefined;
}

function withEvent(answer: UnfinishedAnswer, runEvent: RunEvent): UnfinishedAnswer {
  if (runEvent.type === 'text-delta') return { ...answer, text: keptText(answer.text, runEvent.text) };
  if (runEvent.type === 'run-failure') return { ...answer, failure: runEvent };
  return runEvent.type === 'run-end' ? { ...answer, end: runEvent } : answer;
}

function keptText(text: string | undefined, more: string): string | undefined {
  return text === undefined || text.length + more.length > KEPT_CHARACTERS ? undefined : text + more;
}

export function answerView(run: Run, text: string, { end }: WholeAnswer): z.input<typeof wholeAnswerSchema> {
  return {
    session_id: run.sessionId,
    run_id: run.id,
    message: { role: 'assistant', content: text },
    finish_reason: end.finishReason,
    usage: usageView(end.usage),
    model: end.model ?? null,
  };
}

/** The problem of a run that failed; undefined when it ended otherwise. */
export function failureProblem(run: Run, answer: WholeAnswer, requestId: string): ProblemBody | undefined {
  const { failure, end } = answer;
  if (failure === undefined || end.finishReason !== 'error') return undefined;
  return {
    ...problemBody(ERROR_STATUS[failure.code], failure.code, failure.message, requestId),
    run_id: run.id,
  };
}
