import { z } from 'zod';
import type { Model } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';

/** The models in a list's JSON, as far as they can be read. `provider` is for those that name none. Throws LlmError
 *  when it is no list, or one in which nothing can be read. */
export function mapModels(text: string, provider: string): Model[] {
  const entries = entriesIn(parseJson(text));
  const models = entries?.flatMap((entry) => mapModel(entry, provider)) ?? [];
  if (entries === undefined || (entries.length > 0 && models.length === 0))
    throw new LlmError('upstream_protocol', { detail: `${text.length} characters that are no list of models` });
  return models;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `null` is how some servers write an empty list, and others put each model under its id. */
const listSchema = z.union([
  z.null().transform(() => []),
  z.array(z.unknown()),
  z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .transform((byId) => Object.entries(byId).map(([id, model]) => ({ id, ...model }))),
]);

/** Where the list stands: bare, as OpenAI writes it, or as Ollama and Gemini do. Only these two call an id `model` or
 *  `name`: elsewhere that is a name for people, and no model answers to it. */
function entriesIn(json: unknown): readonly unknown[] | undefined {
  if (Array.isArray(json)) return json;
  const { data, models } = z.object({ data: z.unknown(), models: z.unknown() }).partial().catch({}).parse(json);
  const listed = listSchema.safeParse(data).data;
  return listed?.length ? listed : (listSchema.safeParse(models).data?.map(withId) ?? listed);
}

function withId(entry: unknown): unknown {
  const named = namedSchema.safeParse(entry);
  return named.success ? { id: named.data.model ?? named.data.name, ...named.data } : entry;
}

const word = z.string().trim().min(1).optional().catch(undefined);
const namedSchema = z.looseObject({ model: word, name: word });

const idSchema = z.union([z.string().trim().min(1), z.number().transform(String)]);
const contextLength = z.int().positive().optional().catch(undefined);
const modelSchema = z.object({
  id: idSchema,
  name: word,
  provider: word,
  context_length: contextLength,
  max_model_len: contextLength,
  context_window: contextLength,
  is_available: z.boolean().optional().catch(undefined),
});
const entrySchema = z.union([idSchema.transform((id) => modelSchema.parse({ id })), modelSchema]);

/** Nothing where it has no id: nobody could ask for it. */
function mapModel(entry: unknown, provider: string): Model[] {
  const { data: model } = entrySchema.safeParse(entry);
  if (model === undefined) return [];
  const { id, name = id, context_length, max_model_len, context_window, is_available: isAvailable = true } = model;
  const contextLength = context_length ?? max_model_len ?? context_window;
  return [{ id, name, provider: model.provider ?? provider, contextLength, isAvailable }];
}
