import { z } from 'zod';
import type { Model } from '../../../../application/ports/llm-gateway.js';
import type { ListModels } from '../../../../application/use-cases/list-models.js';
import { json, problems } from '../documented.js';
import type { Endpoint } from '../endpoint.js';

const modelSchema = z
  .object({
    id: z
      .string()
      .meta({ description: 'By which it can be chosen: `<mode>:<name>`, or a name for the mode that is set.' }),
    name: z.string(),
    provider: z.string(),
    context_length: z.int().nullable().meta({ description: 'Tokens; null where the upstream does not say.' }),
    is_available: z.boolean(),
  })
  .meta({ id: 'Model' });

/** The models that the upstreams offer. */
export function modelRoutes(listModels: ListModels): readonly Endpoint[] {
  return [
    {
      method: 'get',
      path: '/v1/llm/models',
      access: 'internal-key',
      operation: {
        summary: 'The models on offer',
        responses: { 200: json(z.array(modelSchema), 'The models'), ...problems(401, 500, 502, 504) },
      },
      async handle(_request, response, { clientLeft }) {
        const models = await listModels.execute(clientLeft);
        response.json(models.map(modelView));
      },
    },
  ];
}

function modelView(model: Model): z.input<typeof modelSchema> {
  const { id, name, provider, contextLength, isAvailable } = model;
  return { id, name, provider, context_length: contextLength ?? null, is_available: isAvailable };
}
