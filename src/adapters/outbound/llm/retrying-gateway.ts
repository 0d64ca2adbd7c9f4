import { pause } from '../../../application/patience.js';
import type {
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { isToken } from './is-token.js';
import type { RetryBudget } from './retry-budget.js';
import { retryDelay } from './retry-delay.js';

/** Any gateway, asked again when it fails before its first token; after that, the failure is the answer's. What is
 *  retried is what LlmError calls retryable, so often for one answer, as long as the budget lasts and the upstream is
 *  not given up on. */
export class RetryingGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly breaker: CircuitBreaker,
    private readonly budget: RetryBudget,
    private readonly mostRetries: number,
    private readonly random: () => number = Math.random,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    this.budget.countRequest();
    for (let retries = 0; ; retries += 1) {
      const milliseconds = await this.attempt(request, signal, take, retries);
      if (milliseconds === undefined) return;
      await pause(milliseconds, signal);
      signal.throwIfAborted();
      await take(RETRY);
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }

  /** Undefined when the answer was whole; else after how many milliseconds to ask again. Throws the failure that is the
   *  last word. */
  private async attempt(
    request: CompletionRequest,
    signal: AbortSignal,
    take: TakeParts,
    retries: number,
  ): Promise<number | undefined> {
    const attempt = new Attempt(take);
    try {
      await attempt.make(() => this.gateway.complete(request, signal, attempt.take), this.breaker);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const milliseconds = attempt.hasBegun ? undefined : this.delayFor(error, retries);
      if (milliseconds === undefined) throw error;
      return milliseconds;
    }
  }

  /** In milliseconds; undefined when this failure is the last word. */
  private delayFor(error: unknown, retries: number): number | undefined {
    if (retries >= this.mostRetries || !(error instanceof LlmError) || this.breaker.isOpen) return undefined;
    const milliseconds = retryDelay(error, retries, this.random);
    return milliseconds !== undefined && this.budget.spend() ? milliseconds : undefined;
  }
}

const RETRY: readonly CompletionPart[] = [{ type: 'retry' }];

/** One call of the model. Its answer has begun with its first token, or with its end: until then it may be asked for
 *  again. */
class Attempt {
  hasBegun = false;
  private readonly alive = Promise.withResolvers<void>();

  constructor(private readonly pass: TakeParts) {}

  readonly take: TakeParts = (parts) => {
    if (!this.hasBegun) this.look(parts);
    return this.pass(parts);
  };

  /** The breaker judges by the beginning: what fails later says little of whether the upstream is there. */
  async make(answer: () => Promise<void>, breaker: CircuitBreaker): Promise<void> {
    let whole: Promise<void> | undefined;
    await breaker.call(() => {
      whole = answer();
      return Promise.race([this.alive.promise, whole]);
    });
    await whole;
  }

  private look(parts: readonly CompletionPart[]): void {
    this.hasBegun = parts.some((part) => isToken(part) || part.type === 'end');
    if (this.hasBegun) this.alive.resolve();
  }
}
