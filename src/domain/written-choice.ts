import type { Agents } from './agents.js';
import { type Choice, INCLUDED, type Included } from './choice.js';
import type { FieldProblem } from './field-problem.js';
import { type Fields, isFields } from './fields.js';
import { optionProblems } from './generation-options.js';
import { fullModelName, type ModelModes, modelProblem } from './model-name.js';
import { rightNames } from './nearest-name.js';
import { readToolChoice, readTools, toolChoiceProblems, toolsProblems } from './sent-tools.js';

/** What a message may choose from. */
export interface Choices {
  readonly agents: Agents;
  readonly modes: ModelModes;
}

/** What is wrong with the fields of a message that say who is to answer it, and how. */
export function choiceProblems(written: Fields, choices: Choices): FieldProblem[] {
  return Object.entries(CHECKS).flatMap(([name, problemsOf]) => {
    const value = written[name];
    if (value === undefined) return [];
    return problemsOf(value, choices).map(({ path, message }) => ({ path: [name, ...path], message }));
  });
}

/** What those fields say, when they have no problem; undefined where they say nothing. */
export function readChoice(written: Fields, { modes }: Choices): Choice | undefined {
  const { agent, model, options, include, tools, tool_choice } = written;
  const choice: Choice = {
    ...(typeof agent === 'string' && { agent }),
    ...(typeof model === 'string' && { model: fullModelName(model, modes.usual) }),
    ...(isFields(options) && { options }),
    ...(Array.isArray(include) && { include: INCLUDED.filter((part) => include.includes(part)) }),
    ...(Array.isArray(tools) && { tools: readTools(tools) }),
    ...(tool_choice !== undefined && { toolChoice: readToolChoice(tool_choice) }),
  };
  return Object.keys(choice).length === 0 ? undefined : choice;
}

type Check = (value: unknown, choices: Choices) => readonly FieldProblem[];

const CHECKS: Readonly<Record<string, Check>> = {
  agent: (value, { agents }) => textProblems(value, (name) => agents.problemOf(name)),
  model: (value, { modes }) => textProblems(value, (name) => modelProblem(name, modes)),
  options: (value) => optionProblems(value),
  include: includeProblems,
  tools: toolsProblems,
  tool_choice: toolChoiceProblems,
};

function textProblems(value: unknown, problemOf: (text: string) => string | undefined): FieldProblem[] {
  const message = typeof value === 'string' ? problemOf(value) : 'must be a string';
  return message === undefined ? [] : [{ path: [], message }];
}

function includeProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [{ path: [], message: `must be a list of ${INCLUDED.join(', ')}` }];
  return value.flatMap((part, index) => {
    if (INCLUDED.some((known: Included) => known === part)) return [];
    return [
      {
        path: [index],
        message: `is nothing to include; ${rightNames(typeof part === 'string' ? part : '', INCLUDED)}`,
      },
    ];
  });
}
