import type { FieldProblem } from '../../../../domain/field-problem.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { toolChoiceProblems, toolsProblems } from '../../../../domain/sent-tools.js';

/** Tools are flat here, and have their function inside everywhere else. */
export function nestedTool(tool: unknown): unknown {
  if (!isFields(tool)) return tool;
  const { type, approval, ...described } = tool;
  return { type, function: withoutNull(described), ...(approval !== undefined && { approval }) };
}

export function flatTool({ type, function: described }: Fields): Fields {
  const { name, description = null, parameters = null, strict = null } = isFields(described) ? described : {};
  return { type, name, description, parameters, strict };
}

export function nestedToolChoice(choice: unknown): unknown {
  if (!isFields(choice)) return choice;
  const { type, name } = choice;
  return { type, function: { name } };
}

export function flatToolChoice(choice: string | Fields = 'auto'): string | Fields {
  if (typeof choice === 'string') return choice;
  const { type, function: named } = choice;
  return { type, name: isFields(named) ? named.name : undefined };
}

/** With the paths that the client knows. */
export function flatToolProblems({ tools, tool_choice }: Fields): readonly FieldProblem[] {
  const inTools = Array.isArray(tools) ? toolsProblems(tools.map(nestedTool)) : [];
  const isChosen = tool_choice !== undefined && tool_choice !== null;
  const inChoice = isChosen ? toolChoiceProblems(nestedToolChoice(tool_choice)) : [];
  return [...placed('tools', inTools), ...placed('tool_choice', inChoice)];
}

function placed(field: string, problems: readonly FieldProblem[]): readonly FieldProblem[] {
  return problems.map(({ path, message }) => ({ path: [field, ...flatPath(path)], message }));
}

function flatPath(path: FieldProblem['path']): FieldProblem['path'] {
  return path.filter((step) => step !== 'function');
}

export function withoutNull(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
