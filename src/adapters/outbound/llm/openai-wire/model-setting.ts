import { z } from 'zod';

/** The model asked for. */
export const modelSetting = z.string().trim().min(1, 'must name a model; left out, it is fake-llm').default('fake-llm');
