import { z } from 'zod';
import { MESSAGE_OPTIONS, optionProblems, readOptions } from '../../../domain/generation-options.js';
import { type ModelModes, modelProblem } from '../../../domain/model-name.js';
import { rightNames } from '../../../domain/nearest-name.js';
import { matchesPattern, TOOL_NAME } from '../../../domain/tool.js';
import { fields, named, oneOf, text, wholeNumber } from './file-fields.js';

/** What the parts of a file may refer to. */
export interface KnownNames {
  readonly modes: ModelModes;
  readonly tools: readonly string[];
  readonly servers: readonly string[];
}

export type AgentsFile = z.output<ReturnType<typeof agentsSchema>>;
export type AgentFields = NonNullable<AgentsFile['agents']>[string];

/** A file of agents. */
export function agentsSchema(known: KnownNames) {
  return fields({
    agents: named(agentSchema(known), 'agents', AGENT_NAME, 'must be a name of up to 128 letters').optional(),
    tools: named(toolSchema, 'tools', TOOL_NAME, TOOL_NAMES).optional(),
    mcp_servers: named(serverSchema, 'servers', TOOL_NAME, TOOL_NAMES).optional(),
    call_timeouts: fields({
      client_s: wholeNumber('seconds').optional(),
      approval_s: wholeNumber('seconds').optional(),
      server_s: wholeNumber('seconds').optional(),
    }).optional(),
  });
}

const AGENT_NAME = /^[^\s\p{Cc}]([^\p{Cc}]{0,126}[^\s\p{Cc}])?$/u;
const TOOL_NAMES = 'must be a name of up to 64 letters: A-Z a-z 0-9 _ -';
const FILE_OPTIONS = [...MESSAGE_OPTIONS, 'extra'];

function agentSchema(known: KnownNames) {
  const model = text().superRefine(told((written) => modelProblem(written, known.modes)));
  const agent = fields({
    description: text().optional(),
    model: model.optional(),
    fallbacks: z.array(model, 'must be a list of models').optional(),
    instructions: text().optional(),
    instructions_role: oneOf('system', 'developer', 'user', 'none').optional(),
    options: optionsSchema.optional(),
    context: fields({ max_tokens: wholeNumber('tokens').optional() }).optional(),
    tools: z.array(text().superRefine(told((tool) => toolProblem(tool, known))), 'must be a list of tools').optional(),
    max_steps: wholeNumber('calls of the model').optional(),
  });
  // A name with nothing behind it is an agent of which all is usual.
  return z.preprocess((value) => value ?? {}, agent);
}

const optionsSchema = z
  .record(z.string(), z.unknown(), 'must be an object of options')
  .superRefine((written, context) => {
    for (const { path, message } of optionProblems(written, FILE_OPTIONS))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .transform(readOptions);

const approval = oneOf('always', 'never');

const toolSchema = fields({
  description: text().optional(),
  parameters: z
    .record(z.string(), z.unknown(), 'must be a JSON Schema of an object')
    .refine(({ type = 'object' }) => type === 'object', 'must be a JSON Schema of an object')
    .optional(),
  approval: approval.optional(),
});

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

const serverSchema = fields({
  url: text().refine(isPlainHttpUrl, 'must be an http:// or https:// address without a user'),
  headers: named(
    text().regex(HEADER_VALUE, 'must fit into a header: one line of ASCII'),
    'headers',
    HEADER_NAME,
    'must be a name that a header may have',
  ).optional(),
  approval: named(approval, 'always or never', /./, 'must be a pattern of names of tools').optional(),
});

/** What a rule of the domain says of a text, as zod wants it. */
function told(problemOf: (written: string) => string | undefined) {
  return (written: string, context: z.core.$RefinementCtx<string>): void => {
    const message = problemOf(written);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

function toolProblem(written: string, { tools, servers }: KnownNames): string | undefined {
  const [server = '', pattern] = written.split(/\/(.*)/s);
  if (pattern === undefined) {
    if (tools.some((tool) => matchesPattern(tool, written))) return undefined;
    return `there is no tool ${JSON.stringify(written)}; ${rightNames(written, tools)}`;
  }
  if (!servers.includes(server)) return `there is no server ${JSON.stringify(server)}; ${rightNames(server, servers)}`;
  return pattern === '' ? `must name tools of the server, as ${server}/*` : undefined;
}

function isPlainHttpUrl(address: string): boolean {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}
