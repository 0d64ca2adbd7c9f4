import { z } from 'zod';

const text = z.string().nullish();
const delta = z.object({ content: text, refusal: text });

const choice = z.object({
  index: z.number().nullish(),
  delta: delta.nullish(),
  /** In place of a delta where the server answers whole. */
  message: delta.nullish(),
  finish_reason: text,
});

export const usageSchema = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative().nullish(),
  total_tokens: z.int().nonnegative().nullish(),
});

/** A `chat.completion.chunk`, or a whole `chat.completion`. Servers differ in what they leave out, so nothing is required;
 *  an odd usage costs the usage, never the answer. */
export const chunkSchema = z.object({
  object: z.unknown().optional(),
  error: z.unknown().optional(),
  choices: z.array(choice).nullish(),
  usage: usageSchema.nullish().catch(undefined),
});
