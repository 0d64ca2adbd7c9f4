import type { Settings } from '../../adapters/outbound/llm/llm-provider.js';
import { readDotenv } from './read-dotenv.js';

export const PREFIX = 'AGENT_RUNTIME__';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment over the dotenv file, if there is one. A variable that is set to nothing counts as unset in both. */
export function readEnvironment(environment: Environment, dotenvPath: string): Settings {
  return { ...setVariables(readDotenv(dotenvPath)), ...setVariables(environment) };
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
