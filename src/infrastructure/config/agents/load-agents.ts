import { type Agent, DEFAULT_AGENT, type Instructions } from '../../../domain/agent.js';
import { Agents } from '../../../domain/agents.js';
import { RESERVED_FIELDS } from '../../../domain/generation-options.js';
import { fullModelName, type ModelModes } from '../../../domain/model-name.js';
import type { Toolbox } from '../../../domain/tool.js';
import { ConfigError } from '../config-error.js';
import type { Environment } from '../environment.js';
import { type AgentFields, type AgentsFile, agentsSchema } from './agents-schema.js';
import { Expansion } from './expand-variables.js';
import { readAgentsFile } from './read-agents-file.js';
import { problemsIn, toldProblem } from './told-problems.js';
import { toolboxOf } from './toolbox-of.js';

/** What an agent has of which its file says nothing: today's settings. */
export interface UsualAgent {
  readonly model: string;
  readonly instructions: Instructions;
}

export interface LoadedAgents {
  readonly agents: Agents;
  readonly toolbox: Toolbox;
  /** The variables that the file speaks of. */
  readonly variables: ReadonlySet<string>;
  /** Fields that are written and change nothing. */
  readonly ignoredFields: readonly string[];
  /** Some agent asks the usual model. */
  readonly usesUsualModel: boolean;
}

/** The agents of a file, or without one the usual agent alone. Throws ConfigError with every problem of the file. */
export function loadAgents(
  path: string | undefined,
  variables: Environment,
  modes: ModelModes,
  usual: UsualAgent,
): LoadedAgents {
  if (path === undefined) return loaded({}, usual, modes.usual, new Set());
  const written = readAgentsFile(path);
  const { value, problems, names } = new Expansion(written, variables);
  const known = { modes, tools: namesIn(value, 'tools'), servers: namesIn(value, 'mcp_servers') };
  const result = agentsSchema(known).safeParse(value);
  // A variable that is not set is the cause of what else is wrong there.
  const unset = new Set(problems.map((problem) => problem.path.join('.')));
  const found = (result.success ? [] : problemsIn(result.error)).filter(
    (problem) => !unset.has(problem.path.join('.')),
  );
  const told = [...problems, ...found].map((problem) => toldProblem(problem, written));
  if (!result.success || told.length > 0) throw new ConfigError(told);
  return loaded(result.data, usual, modes.usual, names);
}

function loaded(file: AgentsFile, usual: UsualAgent, mode: string, variables: ReadonlySet<string>): LoadedAgents {
  const written = Object.entries(file.agents ?? {});
  const hasDefault = written.some(([name]) => name === DEFAULT_AGENT);
  const all: readonly (readonly [string, AgentFields])[] = hasDefault ? written : [...written, [DEFAULT_AGENT, {}]];
  const agents = all.map(([name, fields]) => agentOf(name, fields, usual, mode));
  return {
    agents: new Agents(agents),
    toolbox: toolboxOf(file),
    variables,
    ignoredFields: agents.flatMap(ignoredIn),
    usesUsualModel: all.some(([, { model }]) => model === undefined),
  };
}

function agentOf(name: string, fields: AgentFields, usual: UsualAgent, mode: string): Agent {
  const { text, role } = usual.instructions;
  return {
    name,
    description: fields.description,
    model: fields.model === undefined ? usual.model : fullModelName(fields.model, mode),
    fallbacks: (fields.fallbacks ?? []).map((model) => fullModelName(model, mode)),
    instructions: { text: fields.instructions ?? text, role: fields.instructions_role ?? role },
    options: fields.options ?? {},
    contextTokens: fields.context?.max_tokens,
    tools: fields.tools ?? [],
    maxSteps: fields.max_steps ?? USUAL_STEPS,
  };
}

const USUAL_STEPS = 25;

function ignoredIn({ name, options }: Agent): readonly string[] {
  const reserved = RESERVED_FIELDS.filter((field) => Object.hasOwn(options.extra ?? {}, field));
  return reserved.map((field) => `agents.${name}.options.extra.${field}`);
}

function namesIn(file: unknown, field: string): readonly string[] {
  const table: unknown = typeof file === 'object' && file !== null ? new Map(Object.entries(file)).get(field) : {};
  return typeof table === 'object' && table !== null ? Object.keys(table) : [];
}
