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

/** Neither a generator nor an async function, for every token passes here. Its time begins when it is first asked. */
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

  /** Looks at what passes, and passes on the same promise. */
  next(): Promise<IteratorResult<Parts, unknown>> {
    this.timer ??= setTimeout(() => this.giveUp(), this.milliseconds);
    const step = this.answer.next();
    step.then(this.heed, this.end);
    return step;
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Parts, unknown>> {
    this.end();
    await this.answer.return?.();
    return { done: true, value: undefined };
  }

  private readonly heed = ({ done }: IteratorResult<Parts, unknown>): void => {
    if (done) this.end();
  };

  private readonly end = (): void => clearTimeout(this.timer);

  private giveUp(): void {
    const detail = `a whole answer took more than ${this.milliseconds} ms`;
    this.late.abort(new LlmError('upstream_timeout', { detail }));
  }
}
