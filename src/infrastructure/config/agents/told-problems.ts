import type { z } from 'zod';
import type { FieldProblem } from '../../../domain/field-problem.js';

/** What zod found, field by field. */
export function problemsIn({ issues }: z.ZodError): readonly FieldProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], message: messages[index] ?? issue.message }));
  });
}

/** A problem of what is written in a file, in one sentence: where, what would be right, and what is there. */
export function toldProblem({ path, message }: FieldProblem, written: unknown): string {
  const place = path.length === 0 ? 'the file' : path.join('.');
  const value = NAME_PROBLEM.test(message) ? undefined : shown(path, written);
  if (value === undefined) return `${place}: ${message}`;
  return message.endsWith('?') ? `${place}: ${message} Got ${value}.` : `${place}: ${message}, got ${value}`;
}

/** The name is wrong, and stands there; what is behind it may be anything. */
const NAME_PROBLEM = /^(is|there is) no /;
const MAX_SHOWN = 100;
/** Keys stand in headers, and wherever somebody has put them under another name. */
const SECRET_PLACE = /^mcp_servers\.[^.]*\.(?!approval)|KEY|TOKEN$|SECRET|PASSW|AUTHORI/i;

/** As it is written, before variables stood in for their names. */
function shown(path: FieldProblem['path'], written: unknown): string | undefined {
  const value = path.reduce<unknown>((inside, key) => entryOf(inside, key), written);
  if (value === undefined || SECRET_PLACE.test(path.join('.'))) return undefined;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' && value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  return JSON.stringify(text);
}

function entryOf(inside: unknown, key: string | number): unknown {
  if (typeof inside !== 'object' || inside === null) return undefined;
  return Object.entries(inside).find(([name]) => name === String(key))?.[1];
}
