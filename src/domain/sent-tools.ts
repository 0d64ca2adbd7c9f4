import type { FieldProblem } from './field-problem.js';
import { type Fields, isFields } from './fields.js';
import { isDeeperThan } from './json-depth.js';
import { APPROVALS, TOOL_NAME } from './tool.js';

/** How clients write tools: in the form that most of them know, with `approval` beside the function. */

/** Deeper ones cannot be read everywhere. */
const DEEPEST = 100;
const TOOL_CHOICES: readonly unknown[] = ['none', 'auto', 'required'];

const NAME = 'must be a name of up to 64 letters: A-Z a-z 0-9 _ -';

/** What is wrong with a list of tools. */
export function toolsProblems(written: unknown): FieldProblem[] {
  if (!Array.isArray(written)) return [{ path: [], message: 'must be a list of tools' }];
  const names = written.map(nameOf);
  return written.flatMap((tool, index) => {
    const isTaken = names[index] !== undefined && names.indexOf(names[index]) < index;
    const repeated = isTaken ? [{ path: ['function', 'name'], message: 'is the name of another tool, too' }] : [];
    return [...toolProblems(tool), ...repeated].map(({ path, message }) => ({ path: [index, ...path], message }));
  });
}

/** What is wrong with what says which tool is to be called. */
export function toolChoiceProblems(written: unknown): FieldProblem[] {
  if (TOOL_CHOICES.includes(written)) return [];
  if (!isFields(written))
    return [{ path: [], message: 'must be none, auto, required, or an object that names a function' }];
  return namedFunctionProblems(written);
}

/** A list of tools that has no problem, without what means nothing. */
export function readTools(written: readonly unknown[]): readonly Fields[] {
  return written.filter(isFields).map(({ type, function: described, approval }) => {
    const { name, description, parameters, strict } = isFields(described) ? described : {};
    const strictly = typeof strict === 'boolean' ? strict : undefined;
    return present({ type, function: present({ name, description, parameters, strict: strictly }), approval });
  });
}

export function readToolChoice(written: unknown): string | Fields {
  return isFields(written) ? { type: 'function', function: { name: nameOf(written) } } : String(written);
}

function toolProblems(tool: unknown): FieldProblem[] {
  if (!isFields(tool)) return [{ path: [], message: 'must be an object with type and function' }];
  const problems = namedFunctionProblems(tool);
  const described = isFields(tool.function) ? tool.function : {};
  if (!isTextOrAbsent(described.description))
    problems.push({ path: ['function', 'description'], message: 'must be a string' });
  if (!isSchemaOrAbsent(described.parameters))
    problems.push({ path: ['function', 'parameters'], message: 'must be a JSON Schema of an object' });
  else if (isDeeperThan(DEEPEST, described.parameters))
    problems.push({ path: ['function', 'parameters'], message: `must not be deeper than ${DEEPEST} levels` });
  if (tool.approval !== undefined && !APPROVALS.some((approval) => approval === tool.approval))
    problems.push({ path: ['approval'], message: `must be ${APPROVALS.join(' or ')}` });
  return problems;
}

function namedFunctionProblems(written: Fields): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (written.type !== 'function') problems.push({ path: ['type'], message: 'must be "function"' });
  if (!isFields(written.function)) problems.push({ path: ['function'], message: 'must be an object with a name' });
  else if (!TOOL_NAME.test(nameOf(written) ?? '')) problems.push({ path: ['function', 'name'], message: NAME });
  return problems;
}

/** The name of the function in it; undefined where it has none. */
export function nameOf(tool: unknown): string | undefined {
  const name = isFields(tool) && isFields(tool.function) ? tool.function.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isSchemaOrAbsent(value: unknown): boolean {
  return value === undefined || (isFields(value) && (value.type === undefined || value.type === 'object'));
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
