import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { RetryBudget } from './retry-budget.js';
import { retryDelay } from './retry-delay.js';

/** Any gateway, asked again when it fails before its first text; after that, the failure is the answer's. What is retried is
 *  what LlmError calls retryable, so often for one answer, as long as the budget lasts and the upstream is not given up on. */
export class RetryingGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly breaker: CircuitBreaker,
    private readonly budget: RetryBudget,
    private readonly mostRetries: number,
    private readonly random: () => number = Math.random,
  ) {}

  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<Parts> {
    this.budget.countRequest();
    const ask = () => this.gateway.complete(prompt, signal)[Symbol.asyncIterator]();
    return new RetriedAnswer(ask, signal, this.breaker, (error, retries) => this.delayFor(error, retries));
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }

  /** In milliseconds; undefined when this failure is the last word. */
  private delayFor(error: unknown, retries: number): number | undefined {
    if (retries >= this.mostRetries || !(error instanceof LlmError) || this.breaker.isOpen) return undefined;
    const milliseconds = retryDelay(error, retries, this.random);
    return milliseconds !== undefined && this.budget.spend() ? milliseconds : undefined;
  }
}

type Parts = readonly CompletionPart[];
type Attempt = AsyncIterator<Parts, unknown, undefined>;

/** No generator: behind its first text, every token only passes through. */
class RetriedAnswer implements AsyncIterable<Parts>, Attempt {
  private attempt: Attempt;
  private hasBegun = false;
  private retries = 0;

  constructor(
    private readonly ask: () => Attempt,
    private readonly signal: AbortSignal,
    private readonly breaker: CircuitBreaker,
    private readonly delayFor: (error: unknown, retries: number) => number | undefined,
  ) {
    this.attempt = ask();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Parts, unknown>> {
    return this.hasBegun ? this.attempt.next() : this.begin();
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Parts, unknown>> {
    await this.attempt.return?.();
    return { done: true, value: undefined };
  }

  private async begin(): Promise<IteratorResult<Parts, unknown>> {
    try {
      const step = await this.breaker.call(() => this.attempt.next());
      this.hasBegun = step.done === true || step.value.some(({ type }) => type !== 'usage');
      return step;
    } catch (error) {
      this.signal.throwIfAborted();
      return this.retry(error);
    }
  }

  private async retry(error: unknown): Promise<IteratorResult<Parts, unknown>> {
    const milliseconds = this.delayFor(error, this.retries);
    if (milliseconds === undefined) throw error;
    await this.pause(milliseconds);
    this.retries += 1;
    this.attempt = this.ask();
    return { done: false, value: [{ type: 'retry' }] };
  }

  private pause(milliseconds: number): Promise<void> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', leave);
        resolve();
      }, milliseconds);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
