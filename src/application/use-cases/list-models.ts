import type { LlmGateway, Model } from '../ports/llm-gateway.js';

/** The models that the upstreams offer. */
export class ListModels {
  constructor(private readonly gateway: LlmGateway) {}

  /** Throws LlmError, or the signal's reason when `signal` aborts. */
  execute(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}
