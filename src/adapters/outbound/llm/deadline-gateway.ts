import type { CompletionRequest, LlmGateway, Model, TakeParts } from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';

/** Any gateway, with so many milliseconds for a whole answer, whoever takes the time: LlmError upstream_timeout. */
export class DeadlineGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly milliseconds: number,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(this.timeout()), this.milliseconds);
    try {
      await this.gateway.complete(request, AbortSignal.any([signal, late.signal]), take);
    } finally {
      clearTimeout(timer);
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }

  private timeout(): LlmError {
    return new LlmError('upstream_timeout', { detail: `a whole answer took more than ${this.milliseconds} ms` });
  }
}
