import { z } from 'zod';
import { type Choice, INCLUDED } from '../../../../domain/choice.js';
import type { ErrorCode } from '../../../../domain/errors.js';
import type { FieldProblem } from '../../../../domain/field-problem.js';
import { isFields } from '../../../../domain/fields.js';
import { MESSAGE_OPTIONS, optionProblems } from '../../../../domain/generation-options.js';
import { CALL_STATUSES } from '../../../../domain/reply-step.js';
import { FINISH_REASONS, ON_BUSY, ON_DISCONNECT, STOP_CAUSES } from '../../../../domain/run.js';
import { toolChoiceProblems, toolsProblems } from '../../../../domain/sent-tools.js';
import { ERROR_STATUS } from '../error-status.js';

/** A run as an export has it, read back. It comes from anywhere: each field is looked at as if it had been sent by
 *  itself. */

const word = z.string().max(512);
const count = z.int().min(0);
const runId = z.string().regex(/^[0-9a-z]{1,128}$/, 'must be 1 to 128 of a-z 0-9');
/** From 1970 on, as every store can keep it. */
export const recordTime = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .refine((time) => time.getTime() >= 0, 'must not be before 1970');
const fields = z.custom<Readonly<Record<string, unknown>>>(isFields, 'must be a JSON object');

function checked<Schema extends z.ZodType>(schema: Schema, problemsOf: (value: unknown) => readonly FieldProblem[]) {
  return schema.superRefine((value, context) => {
    for (const { path, message } of problemsOf(value)) context.addIssue({ code: 'custom', path: [...path], message });
  });
}

/** All of them: one that is missing here would be lost on the way. */
const choiceShape = {
  agent: word.optional(),
  bare: z.literal(true).optional(),
  model: word.optional(),
  options: checked(fields, (given) => optionProblems(given, [...MESSAGE_OPTIONS, 'extra'])).optional(),
  include: z.array(z.enum(INCLUDED)).optional(),
  tools: checked(z.array(fields), toolsProblems).optional(),
  tool_choice: checked(z.union([z.string(), fields]), toolChoiceProblems).optional(),
  instructions: z.string().optional(),
  transcript: z.array(fields).optional(),
  echo: fields.optional(),
} satisfies Record<Exclude<keyof Choice, 'toolChoice'> | 'tool_choice', z.ZodType>;

const choiceSchema = z.object(choiceShape).transform(({ tool_choice, ...choice }): Choice => {
  return present({ ...choice, toolChoice: tool_choice });
});

const providerData = z.object({ model: word, call: fields.optional(), message: fields.optional() }).transform(present);

const callShape = { call_id: word.min(1), tool_name: word, arguments: fields, provider_data: providerData.optional() };

const callSchema = z.object(callShape).transform(callOf);

const allowedCallSchema = z
  .object({ ...callShape, decision: z.enum(['approve', 'edit']).optional() })
  .transform(callOf);

function callOf<Read extends z.output<z.ZodObject<typeof callShape>>>(read: Read) {
  const { call_id: callId, tool_name: toolName, provider_data: providerData, ...call } = read;
  return present({ callId, toolName, providerData, ...call });
}

const stepSchema = z
  .object({
    text_end: count,
    calls: z.array(allowedCallSchema).min(1),
    results: z.array(
      z
        .object({ call_id: word, status: z.enum(CALL_STATUSES), content: z.string(), at: recordTime })
        .transform(({ call_id, ...result }) => ({ callId: call_id, ...result })),
    ),
  })
  .transform(({ text_end, ...step }) => ({ textEnd: text_end, ...step }));

const requestSchema = z
  .object({
    content: z.string(),
    on_busy: z.enum(ON_BUSY).optional(),
    on_disconnect: z.enum(ON_DISCONNECT).optional(),
    replaces: word.optional(),
    asks_again: z.boolean().optional(),
    settles: z.array(word).optional(),
    choice: choiceSchema.optional(),
    switching: z.object({ reason: z.string().optional() }).transform(present).optional(),
  })
  .transform(({ content, on_busy, on_disconnect, asks_again, ...request }) => ({
    content,
    onBusy: on_busy,
    onDisconnect: on_disconnect,
    ...present({ ...request, asksAgain: asks_again }),
  }));

const usageSchema = z
  .object({ prompt_tokens: count, completion_tokens: count, total_tokens: count })
  .transform((usage) => ({
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
  }));

const errorSchema = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERROR_STATUS, code), 'must be a code'),
  message: z.string(),
  retryable: z.boolean(),
});

export const runRecordSchema = z.object({
  run_id: runId,
  request_id: word,
  request: requestSchema,
  on_disconnect: z.enum(ON_DISCONNECT),
  created_at: recordTime,
  takes_back: z
    .object({
      from: runId,
      messages_before: count,
      bytes_before: count.optional(),
      untold_before: count.optional(),
      title: z.string().max(8192).optional(),
    })
    .transform(({ from, messages_before, bytes_before, untold_before, title }) =>
      present({ from, messagesBefore: messages_before, bytesBefore: bytes_before, untoldBefore: untold_before, title }),
    )
    .optional(),
  continues: z
    .object({ after: runId, turn: runId, steps: count, allowed: z.array(callSchema).optional() })
    .transform(present)
    .optional(),
  inherited: choiceSchema.optional(),
  switched_from: word.optional(),
  finish_reason: z.enum(FINISH_REASONS),
  ended_at: recordTime,
  attempts: count,
  epoch: count,
  stop_cause: z.enum(STOP_CAUSES).optional(),
  model: word.nullable(),
  context: z
    .object({ messages: count, left_out: count, tokens: count.nullable() })
    .transform(({ messages, left_out, tokens }) => ({ messages, leftOut: left_out, tokens: tokens ?? undefined }))
    .nullable(),
  usage: usageSchema.nullable(),
  error: errorSchema.nullable(),
  is_refused: z.boolean().optional(),
  is_forgotten: z.boolean().optional(),
  continued_by: runId.optional(),
  steps: z.array(stepSchema).min(1).optional(),
  answer: z.string(),
});

/** Without what is undefined, as a store would give it back. */
export function present<Value extends object>(value: Value): Value {
  const copy = { ...value };
  for (const [name, entry] of Object.entries(copy)) if (entry === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}
