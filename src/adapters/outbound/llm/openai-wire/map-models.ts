import { z } from 'zod';
import type { Model } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';

const contextLength = z.int().positive().nullish().catch(undefined);

const modelSchema = z.object({
  id: z.string().min(1),
  name: z.string().nullish().catch(undefined),
  provider: z.string().nullish().catch(undefined),
  context_length: contextLength,
  max_model_len: contextLength,
  context_window: contextLength,
  is_available: z.boolean().nullish().catch(undefined),
});

/** OpenAI's list, or the plain one of a proxy. */
const modelsSchema = z.union([
  z.array(modelSchema),
  z.object({ data: z.array(modelSchema) }).transform(({ data }) => data),
]);

/** The models in a list's JSON. `provider` is for those that name none. Throws LlmError when it is no list of models. */
export function mapModels(text: string, provider: string): Model[] {
  const { data: models } = modelsSchema.safeParse(parseJson(text));
  if (models === undefined)
    throw new LlmError('upstream_protocol', { detail: `${text.length} characters that are no list of models` });
  return models.map((model) => mapModel(model, provider));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function mapModel(model: z.output<typeof modelSchema>, provider: string): Model {
  return {
    id: model.id,
    name: model.name || model.id,
    provider: model.provider || provider,
    contextLength: model.context_length ?? model.max_model_len ?? model.context_window ?? undefined,
    isAvailable: model.is_available ?? true,
  };
}
