import { z } from 'zod';
import type { RunWithCalls } from '../../../../application/use-cases/get-run.js';
import type { PromptContext } from '../../../../domain/prompt-context.js';
import { FINISH_REASONS, type Usage } from '../../../../domain/run.js';

import { openCallSchema, openCallView } from './call-view.js';

const tokens = z.int().min(0);

export const tokensSchema = z.object({ prompt_tokens: tokens, completion_tokens: tokens, total_tokens: tokens });

export const usageSchema = tokensSchema
  .nullable()
  .meta({ id: 'Usage', description: 'Tokens as the upstream counted them; null where it sent no count.' });

export const finishReasonSchema = z.enum(FINISH_REASONS).meta({ id: 'FinishReason' });

export const modelSchema = z.string().nullable().meta({
  description:
    'Who was asked last, and so answered where there is an answer: `<mode>:<name>`; null where nobody was asked.',
  example: 'mock:fake-llm',
});

const contextSchema = z
  .object({
    messages: z.int().meta({ description: 'Messages of the history that the prompt held, the new one among them.' }),
    left_out: z.int().meta({ description: 'Those that did not fit.' }),
    tokens: tokens.nullable().meta({ description: 'With the instructions; null where nobody limits them.' }),
  })
  .nullable()
  .meta({ id: 'PromptContext', description: 'What the model was asked last; null where it was not asked.' });

const time = z.iso.datetime();

export const runSchema = z
  .object({
    run_id: z.string(),
    session_id: z.string(),
    status: z.enum(['queued', 'running', 'completed', 'cancelled', 'interrupted', 'failed']),
    finish_reason: finishReasonSchema.nullable(),
    attempts: z.int().meta({ description: 'How often a model was asked.' }),
    model: modelSchema,
    context: contextSchema,
    usage: usageSchema,
    error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    created_at: time,
    ended_at: time.nullable(),
    open_calls: z.array(openCallSchema).meta({ description: 'Those of its calls that are open.' }),
  })
  .meta({ id: 'Run' });

export function runView({ run, openCalls }: RunWithCalls): z.input<typeof runSchema> {
  return {
    run_id: run.id,
    session_id: run.sessionId,
    status: run.status,
    finish_reason: run.finishReason ?? null,
    attempts: run.attempts,
    model: run.model ?? null,
    context: contextView(run.context),
    usage: usageView(run.usage),
    error: run.error ?? null,
    created_at: run.createdAt.toISOString(),
    ended_at: run.endedAt?.toISOString() ?? null,
    open_calls: openCalls.map(openCallView),
  };
}

function contextView(context: PromptContext | undefined): z.input<typeof contextSchema> {
  return context ? { messages: context.messages, left_out: context.leftOut, tokens: context.tokens ?? null } : null;
}

export function usageView(usage: Usage | undefined): z.input<typeof usageSchema> {
  return usage === undefined ? null : tokensView(usage);
}

export function tokensView({ inputTokens, outputTokens, totalTokens }: Usage): z.input<typeof tokensSchema> {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens };
}
