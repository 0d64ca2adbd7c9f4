import type { StoreKind } from '../../adapters/outbound/persistence/store.js';
import { PREFIX } from './environment.js';
import { type OwnSettings, schemeOf } from './own-settings.js';

/** Each worker opens the store for itself. */
export function workersProblems(
  stores: Readonly<Record<string, StoreKind>>,
  own: OwnSettings | undefined,
): readonly string[] {
  if (own === undefined || own.WORKERS === 1) return [];
  const scheme = schemeOf(own.STORE_URL);
  const shared = Object.keys(stores).filter((name) => stores[name]?.isShared);
  if (shared.includes(scheme)) return [];
  const why = `the store ${scheme}: is one process's own; with more, set ${PREFIX}STORE_URL to one of ${shared.join(':, ')}:`;
  return [`${PREFIX}WORKERS: must be 1, since ${why}, got "${own.WORKERS}"`];
}
