import { z } from 'zod';
import type { Settings } from '../../adapters/outbound/llm/llm-provider.js';
import { PREFIX } from './environment.js';

/** What is wrong with the settings in the eyes of these schemas: one sentence for each variable, the first that was
 *  found. */
export function settingProblems(schemas: readonly z.core.$ZodType[], settings: Settings): readonly string[] {
  const problems = new Map<string, string>();
  for (const issue of schemas.flatMap((schema) => issuesOf(schema, settings))) {
    const about = String(issue.path[0] ?? issue.message);
    if (!problems.has(about)) problems.set(about, describe(issue, settings));
  }
  return [...problems.values()];
}

type Issue = z.core.$ZodIssue;

function issuesOf(schema: z.core.$ZodType, settings: Settings): readonly Issue[] {
  const result = z.safeParse(schema, settings, {
    error: ({ input }) => (input === undefined ? 'must be set' : undefined),
  });
  return result.error?.issues ?? [];
}

function describe({ path: [name], message }: Issue, settings: Settings): string {
  if (name === undefined) return message;
  const value = settings[String(name)];
  const got =
    value === undefined || SECRET_NAME.test(String(name)) ? '' : `, got ${quoted(shown(String(name), value))}`;
  return `${PREFIX}${String(name)}: ${message}${got}`;
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW/i;
const MAX_QUOTED = 100;

/** An address may hold a password: before its @, behind its ?, or anywhere where it is not one that can be read. */
function shown(name: string, value: string): string {
  const rest = value.replace(/^.*@/s, '…@');
  if (!name.endsWith('URL')) return rest;
  const plain = rest.replace(/[?#].*$/s, '…');
  return plain.startsWith('…@') ? plain : plain.replace(/:.*$/s, ':…');
}

function quoted(value: string): string {
  return JSON.stringify(value.length > MAX_QUOTED ? `${value.slice(0, MAX_QUOTED)}…` : value);
}
