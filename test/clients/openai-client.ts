import type OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import { INTERNAL_KEY } from '../support/runtime-server.js';

/** Both majors of the official package that are in use; they are used alike, and so have one type here. */
export const OPENAI_PACKAGES = ['openai', 'openai-6'] as const;

export async function openAiClient(
  name: (typeof OPENAI_PACKAGES)[number],
  origin: string,
  options: ClientOptions = {},
): Promise<OpenAI> {
  const found: { readonly default: typeof OpenAI } = await import(name);
  return new found.default({ baseURL: `${origin}/v1`, apiKey: INTERNAL_KEY, maxRetries: 0, ...options });
}
