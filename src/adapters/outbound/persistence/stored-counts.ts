import type { Fields } from '../../../domain/fields.js';
import type { TokenCounts } from '../../../domain/token-counts.js';
import { countIn, fieldsIn, textIn } from './stored-fields.js';

export function tokenCountsIn(fields: Fields | undefined): { readonly counts?: TokenCounts } {
  if (fields === undefined) return {};
  const of = fieldsIn(fields, 'of') ?? {};
  const counts = Object.keys(of).map((key) => [key, countIn(of, key)]);
  return { counts: { by: textIn(fields, 'by'), of: Object.fromEntries(counts) } };
}
