import type { LlmProvider, Settings } from '../../../adapters/outbound/llm/llm-provider.js';
import type { ModelModes } from '../../../domain/model-name.js';
import { ConfigError } from '../config-error.js';
import { DEFAULT_LLM_MODE } from '../own-settings.js';
import { settingProblems } from '../setting-problems.js';
import { type LoadedAgents, loadAgents, type UsualAgent } from './load-agents.js';

type Providers = Readonly<Record<string, LlmProvider>>;

export interface ChosenAgents {
  readonly modes: ModelModes;
  /** Undefined where the file has problems. */
  readonly loaded: LoadedAgents | undefined;
  readonly usesUsualModel: boolean;
  readonly problems: readonly string[];
}

/** The agents that the settings name, and the modes whose models they may ask. */
export function chooseAgents(
  providers: Providers,
  variables: Settings,
  settings: Settings,
  usual: UsualAgent,
): ChosenAgents {
  const modes = modelModes(providers, settings, (problems) => problems);
  try {
    const loaded = loadAgents(settings.AGENTS_FILE, variables, modes, usual);
    return { modes: modesForClients(providers, settings), loaded, usesUsualModel: loaded.usesUsualModel, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { modes, loaded: undefined, usesUsualModel: false, problems: error.problems };
  }
}

export function usualMode(settings: Settings): string {
  return (settings.LLM_MODE ?? DEFAULT_LLM_MODE).trim();
}

/** What a client is told names settings, and not what they hold. */
function modesForClients(providers: Providers, settings: Settings): ModelModes {
  return modelModes(providers, settings, (problems) => problems.map((problem) => problem.replace(/:.*$/s, '')));
}

function modelModes(
  providers: Providers,
  settings: Settings,
  tell: (problems: readonly string[]) => readonly string[],
): ModelModes {
  const unusable = Object.entries(providers).flatMap(([mode, { configSchema }]) => {
    const problems = settingProblems([configSchema], settings);
    return problems.length === 0 ? [] : [[mode, `needs ${tell(problems).join('; ')}`] as const];
  });
  return { usual: usualMode(settings), known: Object.keys(providers), unusable: Object.fromEntries(unusable) };
}
