import type { LlmProvider, Settings } from '../../adapters/outbound/llm/llm-provider.js';
import type { StoreKind } from '../../adapters/outbound/persistence/store.js';
import { PREFIX } from './environment.js';
import { settingNames } from './setting-names.js';

interface Tables {
  readonly providers: Readonly<Record<string, LlmProvider>>;
  readonly stores: Readonly<Record<string, StoreKind>>;
}

/** A setting of a provider or store that was not chosen is known all the same. */
export function unknownVariables({ providers, stores }: Tables, settings: Settings, own: readonly string[]) {
  const tables = [...Object.values(providers), ...Object.values(stores)];
  const known = new Set([...own, ...tables.flatMap(({ configSchema }) => settingNames(configSchema))]);
  return Object.keys(settings)
    .filter((name) => !known.has(name))
    .map((name) => `${PREFIX}${name}`);
}
