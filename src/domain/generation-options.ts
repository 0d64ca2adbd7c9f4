import type { FieldProblem } from './field-problem.js';
import { isFields } from './fields.js';
import { listed, rightNames } from './nearest-name.js';

/** How a model is to write: what every server of chat completions understands, and `extra` for what only one does. */
export interface GenerationOptions {
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly topP?: number;
  /** None of them where the list is empty. */
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly reasoningEffort?: string;
  /** Under the upstream's own names; for whoever runs the service alone. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Key by key: what is nearer to the message wins over what is usual, also where it is said under the upstream's
 *  name. */
export function mergedOptions(usual: GenerationOptions, own: GenerationOptions): GenerationOptions {
  const { extra = {} } = own;
  const said = Object.keys(extra).flatMap((name) => RULES[name]?.field ?? []);
  const left = Object.fromEntries(Object.entries(usual).filter(([field]) => !said.some((one) => one === field)));
  const both = usual.extra && own.extra && { extra: { ...usual.extra, ...extra } };
  return { ...left, ...own, ...both };
}

/** What makes a request what it is: `extra` cannot take its place. */
export const RESERVED_FIELDS: readonly string[] = ['model', 'messages', 'stream', 'tools'];

/** The names of options as they are written in a message; an operator may also write `extra`. */
export const MESSAGE_OPTIONS = ['temperature', 'max_tokens', 'top_p', 'stop', 'seed', 'reasoning_effort'] as const;

/** What is wrong with options as somebody wrote them, `allowed` being the names that may be there. */
export function optionProblems(written: unknown, allowed: readonly string[] = MESSAGE_OPTIONS): FieldProblem[] {
  if (!isFields(written)) return [{ path: [], message: 'must be an object of options' }];
  return Object.entries(written).flatMap(([name, value]) => {
    if (!allowed.includes(name)) return [{ path: [name], message: `is no option; ${rightNames(name, allowed)}` }];
    const rule = RULES[name];
    return rule === undefined || rule.isRight(value) ? [] : [{ path: [name], message: rule.right }];
  });
}

/** Options that have no problem. */
export function readOptions(written: Readonly<Record<string, unknown>>): GenerationOptions {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(written)) {
    const { field, read = (same: unknown) => same } = RULES[name] ?? {};
    if (field !== undefined) options[field] = read(value);
  }
  return options;
}

interface Rule {
  readonly field: keyof GenerationOptions;
  readonly right: string;
  isRight(value: unknown): boolean;
  read?(value: unknown): unknown;
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

const RULES: Readonly<Record<string, Rule>> = {
  temperature: { field: 'temperature', right: 'must be a number from 0 to 2', isRight: (value) => isFrom(0, 2, value) },
  max_tokens: {
    field: 'maxTokens',
    right: 'must be a whole number of at least 1',
    isRight: (value) => Number.isSafeInteger(value) && isFrom(1, Number.MAX_SAFE_INTEGER, value),
  },
  top_p: { field: 'topP', right: 'must be a number from 0 to 1', isRight: (value) => isFrom(0, 1, value) },
  stop: {
    field: 'stop',
    right: 'must be a text, or a list of texts, none of them empty',
    isRight: (value) => [value].flat().every((text) => typeof text === 'string' && text !== ''),
    read: (value) => [value].flat(),
  },
  seed: { field: 'seed', right: 'must be a whole number', isRight: (value) => Number.isSafeInteger(value) },
  reasoning_effort: {
    field: 'reasoningEffort',
    right: `must be one of ${listed(EFFORTS)}`,
    isRight: (value) => typeof value === 'string' && EFFORTS.includes(value),
  },
  extra: { field: 'extra', right: 'must be an object', isRight: isFields },
};

function isFrom(least: number, most: number, value: unknown): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
