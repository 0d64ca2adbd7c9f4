import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Settings } from '../../adapters/outbound/llm/llm-provider.js';
import { ConfigError } from './config-error.js';

export const PREFIX = 'AGENT_RUNTIME__';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment over the dotenv file, if there is one. A variable that is set to nothing counts as unset in both. */
export function readEnvironment(environment: Environment, dotenvPath: string): Settings {
  return { ...setVariables(parseEnv(dotenvText(dotenvPath))), ...setVariables(environment) };
}

/** What carries the prefix, without it. */
export function settingsOf(variables: Settings): Settings {
  const ours = Object.entries(variables).filter(([name]) => name.startsWith(PREFIX));
  return Object.freeze(Object.fromEntries(ours.map(([name, value]) => [name.slice(PREFIX.length), value])));
}

function setVariables(variables: Environment): Settings {
  const set = Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return Object.fromEntries(set);
}

function dotenvText(path: string): string {
  try {
    // Editors on Windows put a byte order mark first, and parseEnv would take it for a part of the first name.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new ConfigError([`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
