import { z } from 'zod';
import type { Model } from '../../../../application/ports/llm-gateway.js';
import { json } from '../documented.js';
import type { DoorUseCases } from '../door/door.js';
import { type Endpoint, pathParameter } from '../endpoint.js';
import { HttpProblem } from '../http-problem.js';
import { sendJson } from '../problem.js';
import { shortName, toldAgent } from './openai-choice.js';
import { openAiErrors, refuseAsOpenAi } from './openai-error.js';

const modelSchema = z
  .object({
    id: z.string().meta({ description: '`agent/<name>`, or what a model is asked for by.', example: 'agent/default' }),
    object: z.literal('model'),
    created: z.int().meta({ description: '0: nobody knows.' }),
    owned_by: z.string(),
  })
  .meta({ id: 'OpenAiModel' });

const listSchema = z.object({ object: z.literal('list'), data: z.array(modelSchema) }).meta({ id: 'OpenAiModels' });

type OpenAiModel = z.input<typeof modelSchema>;

/** GET what a request can name as its model: agents, and the models of the upstreams. */
export function openAiModelRoutes(useCases: DoorUseCases): readonly Endpoint[] {
  return [listOfModels(useCases), ...ID_PATHS.map((parts) => oneModel(useCases, parts))];
}

/** Some names have a slash, and not every client hides it. */
const ID_PATHS = [['model'], ['owner', 'model']] as const;

function listOfModels(useCases: DoorUseCases): Endpoint {
  return {
    method: 'get',
    path: '/v1/models',
    access: 'internal-key',
    refuse: refuseAsOpenAi,
    operation: {
      summary: 'Agents and models, as OpenAI lists them',
      responses: { 200: json(listSchema, 'All of them'), ...openAiErrors(401, 500, 502, 504) },
    },
    async handle(_request, response, { clientLeft }) {
      sendJson(response, { object: 'list', data: await modelsOn(useCases, clientLeft) });
    },
  };
}

function oneModel(useCases: DoorUseCases, parts: readonly string[]): Endpoint {
  return {
    method: 'get',
    path: `/v1/models/${parts.map((part) => `{${part}}`).join('/')}`,
    access: 'internal-key',
    refuse: refuseAsOpenAi,
    operation: {
      summary: 'One of them',
      requestParams: { path: z.object(Object.fromEntries(parts.map((part) => [part, z.string()]))) },
      responses: { 200: json(modelSchema, 'It'), ...openAiErrors(401, 404, 500, 502, 504) },
    },
    async handle(request, response, { clientLeft }) {
      const id = parts.map((part) => pathParameter(request, part)).join('/');
      const model = (await modelsOn(useCases, clientLeft)).find((one) => one.id === id);
      if (model === undefined)
        throw new HttpProblem(404, 'model_not_found', 'There is no agent or model of this name.');
      sendJson(response, model);
    },
  };
}

async function modelsOn(
  { listAgents, listModels, choices }: DoorUseCases,
  signal: AbortSignal,
): Promise<OpenAiModel[]> {
  const agents = listAgents.execute().map(({ name }) => entry(toldAgent(name), 'agent-runtime'));
  const models = await listModels.execute(signal);
  return [...agents, ...models.map(({ id, provider }: Model) => entry(shortName(id, choices.modes), provider))];
}

function entry(id: string, owner: string): OpenAiModel {
  return { id, object: 'model', created: 0, owned_by: owner };
}
