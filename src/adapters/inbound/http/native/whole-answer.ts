import { z } from 'zod';
import type { OpenCall } from '../../../../domain/reply-step.js';
import type { Run } from '../../../../domain/run.js';
import type { RunEnd, RunEvent, RunFailure } from '../../../../domain/run-event.js';
import type { ToolCall } from '../../../../domain/tool-call.js';
import { ERROR_STATUS } from '../error-status.js';
import { type ProblemBody, problemBody } from '../problem.js';
import { callSchema, callView, openCallSchema, openCallView } from './call-view.js';
import { finishReasonSchema, modelSchema, usageSchema, usageView } from './run-view.js';
import type { ReadableRun } from './stream-run.js';

export const wholeAnswerSchema = z
  .object({
    session_id: z.string(),
    run_id: z.string(),
    message: z.object({
      role: z.literal('assistant'),
      content: z.string(),
      tool_calls: z.array(callSchema).optional().meta({ description: 'What the model asked for.' }),
    }),
    finish_reason: finishReasonSchema,
    usage: usageSchema,
    open_calls: z.array(openCallSchema).optional().meta({ description: 'What the session waits for now.' }),
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
  /** What the model asked for, and the run has not settled itself. */
  readonly calls: readonly ToolCall[];
  /** Those that are open. */
  readonly openCalls?: readonly OpenCall[];
}

/** Undefined when the events stopped before the ending: the client has left. */
export async function collectAnswer({ read }: ReadableRun, signal: AbortSignal): Promise<WholeAnswer | undefined> {
  let answer: UnfinishedAnswer = { text: '', failure: undefined, end: undefined, calls: [] };
  await read(signal, (batch) => {
    answer = batch.reduce(withEvent, answer);
    return undefined;
  });
  const { end } = answer;
  return end && { ...answer, end };
}

interface UnfinishedAnswer extends Omit<WholeAnswer, 'end'> {
  readonly end: RunEnd | undefined;
}

function withEvent(answer: UnfinishedAnswer, runEvent: RunEvent): UnfinishedAnswer {
  if (runEvent.type === 'text-delta') return { ...answer, text: keptText(answer.text, runEvent.text) };
  if (runEvent.type === 'run-failure') return { ...answer, failure: runEvent };
  if (runEvent.type === 'tool-call') return { ...answer, calls: [...answer.calls, runEvent] };
  if (runEvent.type === 'tool-result')
    return { ...answer, calls: answer.calls.filter(({ callId }) => callId !== runEvent.callId) };
  return runEvent.type === 'run-end' ? { ...answer, end: runEvent } : answer;
}

function keptText(text: string | undefined, more: string): string | undefined {
  return text === undefined || text.length + more.length > KEPT_CHARACTERS ? undefined : text + more;
}

export function answerView(run: Run, text: string, answer: WholeAnswer): z.input<typeof wholeAnswerSchema> {
  const { end, calls, openCalls } = answer;
  const asks = end.finishReason === 'tool_calls';
  return {
    session_id: run.sessionId,
    run_id: run.id,
    message: { role: 'assistant', content: text, ...(asks && { tool_calls: calls.map(callView) }) },
    finish_reason: end.finishReason,
    usage: usageView(end.usage),
    model: end.model ?? null,
    ...(openCalls && { open_calls: openCalls.map(openCallView) }),
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
