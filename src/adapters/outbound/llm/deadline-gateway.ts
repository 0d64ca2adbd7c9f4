import { ownAbort } from '../../../application/own-abort.js';
import type { CompletionRequest, LlmGateway, Model, TakeParts } from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';

/** Any gateway, with so many milliseconds for a whole answer, whoever takes the time: LlmError upstream_timeout. */
export class DeadlineGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly milliseconds: number,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const own = ownAbort(signal);
    const timer = setTimeout(() => own.abort(this.timeout()), this.milliseconds);
    try {
      await this.gateway.complete(request, own.signal, take);
    } finally {
      clearTimeout(timer);
      own.letGo();
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }

  private timeout(): LlmError {
    return new LlmError('upstream_timeout', { detail: `a whole answer took more than ${this.milliseconds} ms` });
  }
}
