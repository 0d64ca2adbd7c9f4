import type { CompletionRequest, LlmGateway, Model, TakeParts } from '../../../application/ports/llm-gateway.js';
import type { Logger } from '../../../application/ports/logger.js';
import { LlmError } from '../../../domain/errors.js';
import { partsOfModel } from '../../../domain/model-name.js';

export interface Modes {
  /** Whose models are listed: those that are asked. */
  readonly listed: readonly string[];
  /** The mode of a model that is named without one. */
  readonly usual: string;
}

/** Several providers as one: a model's full name says which of them is asked. */
export class GatewayByMode implements LlmGateway {
  constructor(
    private readonly gatewayOf: (mode: string) => LlmGateway,
    private readonly modes: Modes,
    private readonly log: Logger,
  ) {}

  complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const { mode, name } = partsOfModel(request.model);
    return this.gatewayOf(mode).complete({ ...request, model: name }, signal, take);
  }

  /** Of all providers, each by the name by which it can be chosen. One that cannot be asked costs its own models, as
   *  long as another can. */
  async listModels(signal: AbortSignal): Promise<readonly Model[]> {
    const lists = await Promise.allSettled(this.modes.listed.map((mode) => this.modelsOf(mode, signal)));
    signal.throwIfAborted();
    const failed = lists.filter((list) => list.status === 'rejected');
    if (failed.length === lists.length) throw failed[0]?.reason;
    return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
  }

  private async modelsOf(mode: string, signal: AbortSignal): Promise<readonly Model[]> {
    try {
      const models = await this.gatewayOf(mode).listModels(signal);
      return models.map((model) => ({ ...model, id: this.chosenBy(mode, model.id) }));
    } catch (error) {
      if (error instanceof LlmError) this.log.warn('models cannot be listed', { mode, code: error.code });
      throw error;
    }
  }

  /** The usual mode goes without saying, but where the name has a colon of its own. */
  private chosenBy(mode: string, name: string): string {
    return mode === this.modes.usual && !name.includes(':') ? name : `${mode}:${name}`;
  }
}
