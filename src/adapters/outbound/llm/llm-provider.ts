import { z } from 'zod';
import type { LlmGateway } from '../../../application/ports/llm-gateway.js';

/** A kind of upstream: one value of AGENT_RUNTIME__LLM_MODE. */
export interface LlmProvider {
  /** The settings it reads, named as in the environment without the AGENT_RUNTIME__ prefix. Of the schema's type only
   *  the core: the compiler takes seconds to compare whole ones. */
  readonly configSchema: z.core.$ZodType;
  /** `settings` is what `configSchema` reads; it must have passed it. Without `proxyFor` there is no proxy. */
  create(settings: Settings, proxyFor?: ProxyFor): LlmGateway;
}

/** The address of the proxy through which a URL is asked; undefined where there is none. */
export type ProxyFor = (url: string) => URL | undefined;

/** The environment's variables without their prefix, unset and empty ones left out. */
export type Settings = Readonly<Record<string, string>>;

/** Ties a provider's schema to its factory, so that neither the configuration nor the container learns its settings. */
export function defineLlmProvider<Schema extends z.core.$ZodType>(definition: {
  configSchema: Schema;
  create(config: z.output<Schema>, proxyFor?: ProxyFor): LlmGateway;
}): LlmProvider {
  const { configSchema, create } = definition;
  return {
    configSchema,
    create: (settings, proxyFor) => create(z.parse(configSchema, settings), proxyFor),
  };
}
