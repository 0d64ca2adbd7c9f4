import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';

/** Any gateway, with so many milliseconds for a whole answer, whoever takes the time: LlmError upstream_timeout. */
export class DeadlineGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly milliseconds: number,
  ) {}

  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<Parts> {
    const late = new AbortController();
    const answer = this.gateway.complete(prompt, AbortSignal.any([signal, late.signal]));
    return new DueAnswer(answer[Symbol.asyncIterator](), late, this.milliseconds);
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

type Parts = readonly CompletionPart[];

/** No generator, for every token passes here. Its time begins when it is first asked. */
class DueAnswer implements AsyncIterable<Parts>, AsyncIterator<Parts, unknown, undefined> {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly answer: AsyncIterator<Parts, unknown, undefined>,
    private readonly late: AbortController,
    private readonly milliseconds: number,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Parts, unknown>> {
    this.timer ??= setTimeout(() => this.giveUp(), this.milliseconds);
    try {
      const step = await this.answer.next();
      if (step.done) clearTimeout(this.timer);
      return step;
    } catch (error) {
      clearTimeout(this.timer);
      throw error;
    }
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Parts, unknown>> {
    clearTimeout(this.timer);
    await this.answer.return?.();
    return { done: true, value: undefined };
  }

  private giveUp(): void {
    const detail = `a whole answer took more than ${this.milliseconds} ms`;
    this.late.abort(new LlmError('upstream_timeout', { detail }));
  }
}
