import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import type { LabelSession } from '../../../../application/use-cases/label-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { isBlank } from '../../../../domain/blank.js';
import { isFields } from '../../../../domain/fields.js';
import {
  isMetadataValue,
  type Labels,
  METADATA_KEY,
  type MetadataValue,
  titleProblem,
} from '../../../../domain/session-labels.js';
import { json, problems, sessionPath } from '../documented.js';
import type { Endpoint } from '../endpoint.js';
import { HttpProblem } from '../http-problem.js';
import { unkeepableIn } from './kept-text.js';
import { sessionId } from './session-id.js';
import { shownSession, shownSessionSchema } from './session-view.js';
import { invalidFields } from './user-message.js';

export interface LabelUseCases {
  readonly labelSession: LabelSession;
  readonly agents: Agents;
}

/** PATCH what somebody calls a session, and what others note of it. */
export function labelRoutes({ labelSession, agents }: LabelUseCases, before: readonly RequestHandler[]): Endpoint[] {
  const labelling: Endpoint = {
    method: 'patch',
    path: '/agent/sessions/{id}',
    access: 'internal-key',
    before,
    operation: {
      summary: 'Give a session a title, or note something on it',
      requestParams: { path: sessionPath },
      requestBody: { required: true, content: { 'application/json': { schema: labelsSchema } } },
      responses: {
        200: json(shownSessionSchema, 'The session'),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    },
    async handle(request, response, context) {
      const id = sessionId(request);
      response.json(shownSession(await labelSession.execute(id, context, parseLabels(request)), agents));
    },
  };
  return [labelling];
}

const titleField = z.string('must be a string').superRefine((title, context) => {
  const problem = isBlank(title) ? 'must not be blank' : titleProblem(title);
  if (problem !== undefined) context.addIssue(problem);
});

/** Not as a record of zod's, which leaves `__proto__` out. */
const metadataField = z
  .unknown()
  .meta({
    description: 'What to note, by 1 to 64 of `A-Z a-z 0-9 _ . -`; null takes a note away. At most 32, and 8 KiB.',
    override: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
  })
  .transform((given, context) => {
    if (!isFields(given)) {
      context.addIssue('must be a JSON object');
      return z.NEVER;
    }
    return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => noteIn(name, value, context)));
  });

type Note = readonly [name: string, value: MetadataValue | null];

/** None where it is not one. */
function noteIn(name: string, value: unknown, context: z.RefinementCtx): readonly Note[] {
  if (!METADATA_KEY.test(name)) context.addIssue({ code: 'custom', path: [name], message: A_KEY });
  if (value === null || isMetadataValue(value)) return [[name, value]];
  context.addIssue({ code: 'custom', path: [name], message: A_VALUE });
  return [];
}

const A_KEY = 'must be a key of 1 to 64 of A-Z a-z 0-9 _ . -';
const A_VALUE = 'must be a string, a finite number, a boolean, or null';

const labelsSchema = z
  .object(
    {
      title: titleField.optional().meta({ description: '1 to 200 characters.' }),
      metadata: metadataField.optional(),
    },
    'must be a JSON object',
  )
  .meta({ id: 'SessionLabels' });

/** Throws HttpProblem 422, field by field, or 400 for text that no store can keep. */
function parseLabels(request: Request): Labels {
  const result = labelsSchema.safeParse(request.body);
  if (!result.success) throw invalidFields(result.error);
  const path = unkeepableIn(result.data);
  if (path === undefined) return result.data;
  throw new HttpProblem(400, 'invalid_text', `${path.join('.')}: must not hold NUL or half of a surrogate pair.`);
}
