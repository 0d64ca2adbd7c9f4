import { z } from 'zod';
import type { Settings } from '../../src/adapters/outbound/llm/llm-provider.js';

/** What a provider or a store finds wrong with settings, as `NAME: what`. */
export function issuesOf(kind: { readonly configSchema: z.core.$ZodType }, settings: Settings): string[] {
  const { error } = z.safeParse(kind.configSchema, settings);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}
