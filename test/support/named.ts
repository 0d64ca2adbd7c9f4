import type { LookupFunction } from 'node:net';

/** Looks any name up: it has these addresses. */
export function named(...addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: 4 }));
  return (_name, _options, tell) => tell(null, found);
}
