import { z } from 'zod';
import type { WholeAnswer } from '../../../../domain/answer-draft.js';
import type { OpenCall } from '../../../../domain/reply-step.js';
import type { Run } from '../../../../domain/run.js';
import { ERROR_STATUS } from '../error-status.js';
import { type ProblemBody, problemBody } from '../problem.js';
import { callSchema, callView, openCallSchema, openCallView } from './call-view.js';
import { finishReasonSchema, modelSchema, usageSchema, usageView } from './run-view.js';

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

/** Its content is empty where it is too long to be kept. */
export function answerView(
  run: Run,
  { text = '', calls, end }: WholeAnswer,
  openCalls: readonly OpenCall[] | undefined,
): z.input<typeof wholeAnswerSchema> {
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
