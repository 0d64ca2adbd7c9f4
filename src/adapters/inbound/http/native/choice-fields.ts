import { z } from 'zod';
import { INCLUDED } from '../../../../domain/choice.js';
import { APPROVALS, TOOL_NAME } from '../../../../domain/tool.js';

/** Who is to answer a message, and how, for the document alone: what may be chosen differs from one service to the
 *  next, and is checked by `choiceProblems`. */
export const choiceFields = {
  agent: documented({
    type: 'string',
    description: 'Who is to answer, of GET /agent/agents; the agent of the message before, when not given.',
    example: 'default',
  }),
  model: documented({
    type: 'string',
    description: "In place of the agent's: `<mode>:<name>`, or a name for the mode that is set.",
    example: 'mock:fake-llm',
  }),
  options: documented({
    type: 'object',
    description: "Merged key by key over the agent's.",
    additionalProperties: false,
    properties: {
      temperature: { type: 'number', minimum: 0, maximum: 2 },
      max_tokens: { type: 'integer', minimum: 1 },
      top_p: { type: 'number', minimum: 0, maximum: 1 },
      stop: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      seed: { type: 'integer' },
      reasoning_effort: { type: 'string', example: 'low' },
    },
  }),
  include: documented({
    type: 'array',
    items: { type: 'string', enum: [...INCLUDED] },
    description: 'What the stream is to have besides the answer.',
  }),
  tools: documented({
    type: 'array',
    description: "Added to the agent's, and run by the client.",
    items: {
      type: 'object',
      required: ['type', 'function'],
      properties: {
        type: { type: 'string', const: 'function' },
        function: {
          type: 'object',
          required: ['name'],
          properties: {
            name: { type: 'string', pattern: TOOL_NAME.source },
            description: { type: 'string' },
            parameters: { type: 'object', description: 'A JSON Schema of an object.' },
          },
        },
        approval: { type: 'string', enum: [...APPROVALS] },
      },
    },
  }),
  tool_choice: documented({
    description: '`none`, `auto`, `required`, or `{"type":"function","function":{"name":"…"}}`.',
  }),
};

function documented(override: z.GlobalMeta['override']) {
  return z.unknown().optional().meta({ override });
}
