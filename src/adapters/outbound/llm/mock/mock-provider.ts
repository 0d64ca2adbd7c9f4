import { z } from 'zod';
import { defineLlmProvider } from '../llm-provider.js';
import { echoScript } from './echo-script.js';
import { MockGateway } from './mock-gateway.js';

const configSchema = z.object({
  MOCK_DELAY_MS: z
    .string()
    .trim()
    .regex(/^\d{1,5}$/, 'must be a whole number of milliseconds, 0 to 60000')
    .transform(Number)
    .pipe(z.number().max(60_000, 'must be a whole number of milliseconds, 0 to 60000'))
    .default(30),
  LLM_MODEL: z.string().trim().min(1, 'must name a model; left out, it is fake-llm').default('fake-llm'),
});

export const mockProvider = defineLlmProvider({
  configSchema,
  create: ({ MOCK_DELAY_MS: delayMs, LLM_MODEL: model }) =>
    new MockGateway(echoScript(delayMs), [
      { id: model, name: model, provider: 'mock', contextLength: undefined, isAvailable: true },
    ]),
});
