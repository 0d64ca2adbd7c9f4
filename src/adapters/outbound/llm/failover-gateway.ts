import type {
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';
import { isToken } from './is-token.js';

export interface Failover {
  readonly from: string;
  readonly to: string;
  readonly error: LlmError;
}

/** Any gateway, asked for the next of `fallbacks` when a model fails before its first token for a reason that is not
 *  the request's own. An answer that ends without a token has failed too, as long as another model is left. */
export class FailoverGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly failedOver: (failover: Failover) => void,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const { fallbacks = [] } = request;
    let model = request.model;
    for (const next of fallbacks) {
      const failure = await this.failureOf({ ...request, model }, signal, take);
      if (failure === undefined) return;
      this.failedOver({ from: model, to: next, error: failure });
      await take([{ type: 'retry', model: next }]);
      model = next;
    }
    await this.gateway.complete({ ...request, model }, signal, take);
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }

  /** Why another model is to be asked; undefined where this one has answered. Throws what is the last word. */
  private async failureOf(
    request: CompletionRequest,
    signal: AbortSignal,
    take: TakeParts,
  ): Promise<LlmError | undefined> {
    const answer = new Answer(take);
    try {
      await this.gateway.complete(request, signal, answer.take);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (answer.hasBegun || !(error instanceof LlmError) || !error.anotherMayAnswer) throw error;
      return error;
    }
  }
}

/** One model's answer. It has begun with its first piece of text, reasoning or a call; one that ends without is
 *  refused. */
class Answer {
  hasBegun = false;

  constructor(private readonly pass: TakeParts) {}

  readonly take: TakeParts = (parts) => {
    if (!this.hasBegun) this.look(parts);
    return this.pass(parts);
  };

  private look(parts: readonly CompletionPart[]): void {
    this.hasBegun = parts.some(isToken);
    if (this.hasBegun) return;
    const end = parts.find((part) => part.type === 'end');
    // A filter's word is about what was asked.
    if (end?.finishReason === 'content_filter') this.hasBegun = true;
    else if (end !== undefined) throw new LlmError('upstream_empty', { detail: `ended with ${end.finishReason}` });
  }
}
