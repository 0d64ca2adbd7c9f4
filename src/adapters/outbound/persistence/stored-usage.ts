import type { Fields } from '../../../domain/fields.js';
import type { Usage } from '../../../domain/run.js';
import { countIn } from './stored-fields.js';

export function usageIn(fields: Fields | undefined): Usage | undefined {
  return fields && usageFrom(fields);
}

export function usageFrom(fields: Fields): Usage {
  const [inputTokens, outputTokens] = [countIn(fields, 'inputTokens'), countIn(fields, 'outputTokens')];
  return { inputTokens, outputTokens, totalTokens: countIn(fields, 'totalTokens') };
}
