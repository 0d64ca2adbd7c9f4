import type { Choice } from '../../../../domain/choice.js';
import { choiceOf, INCLUDED } from '../../../../domain/choice.js';
import { agentNameOf } from '../../../../domain/chosen-agent.js';
import type { FieldProblem } from '../../../../domain/field-problem.js';
import type { Fields } from '../../../../domain/fields.js';
import { modelProblem, partsOfModel } from '../../../../domain/model-name.js';
import type { Run } from '../../../../domain/run.js';
import { readToolChoice, readTools } from '../../../../domain/sent-tools.js';
import type { Choices } from '../../../../domain/written-choice.js';

const AGENT = 'agent/';

/** What a request of OpenAI's says of who is to answer, and how. */
export interface OpenAiWishes {
  /** A model, or an agent behind `agent/`. */
  readonly model: string | undefined;
  /** Undefined where the request has none of its own. */
  readonly instructions: string | undefined;
  /** Goes to the model as it is. */
  readonly options: Fields;
  readonly tools: readonly Fields[] | undefined;
  readonly toolChoice: unknown;
}

/** Each request says all of it: nothing is taken over from the one before. Where it names no agent, it is for the model
 *  alone. */
export function openAiChoice(wishes: OpenAiWishes, { agents, modes }: Choices): Choice {
  const { model, instructions, options, tools = [], toolChoice } = wishes;
  const name = agentIn(model);
  const asked = model === undefined || name !== undefined ? {} : { model: fullName(model, modes) };
  return {
    ...(name === undefined ? { bare: true, ...asked } : { agent: name }),
    instructions: instructions ?? (name === undefined ? '' : spokenBy(agents.named(name))),
    options: { extra: options },
    include: INCLUDED,
    tools: readTools(tools),
    ...(toolChoice !== undefined && { toolChoice: readToolChoice(toolChoice) }),
  };
}

/** What is wrong with the model that a request names. */
export function openAiModelProblems(model: string | undefined, { agents, modes }: Choices): FieldProblem[] {
  if (model === undefined) return [];
  const name = agentIn(model);
  const message = name === undefined ? modelProblem(fullName(model, modes), modes) : agents.problemOf(name);
  return message === undefined ? [] : [{ path: ['model'], message }];
}

/** What clients are told that answers a run. */
export function toldModel(run: Run, { agents, modes }: Choices): string {
  const { bare = false, model } = choiceOf(run);
  if (!bare && model === undefined) return toldAgent(agentNameOf(run, agents));
  return shortName(model ?? agents.usual.model, modes);
}

export function toldAgent(name: string): string {
  return `${AGENT}${name}`;
}

/** The shortest name by which a model is asked for. */
export function shortName(model: string, modes: Choices['modes']): string {
  const full = fullName(model, modes);
  const { name } = partsOfModel(full);
  return fullName(name, modes) === full ? name : full;
}

/** What stands before a colon may be a mode, or a part of the model's own name. */
function fullName(written: string, { usual, known }: Choices['modes']): string {
  const model = written.trim();
  return known.includes(partsOfModel(model).mode) ? model : `${usual}:${model}`;
}

function agentIn(model = ''): string | undefined {
  return model.startsWith(AGENT) ? model.slice(AGENT.length) : undefined;
}

function spokenBy({
  instructions,
}: {
  readonly instructions: { readonly role: string; readonly text: string };
}): string {
  return instructions.role === 'none' ? '' : instructions.text;
}
