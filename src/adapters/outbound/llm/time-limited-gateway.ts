import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';

/** In milliseconds. Only the upstream's time counts, not that of who reads it. */
export interface SilenceLimits {
  /** Until the first text. */
  readonly firstToken: number;
  /** From one text to the next. */
  readonly idle: number;
}

/** Any gateway, with an end to its patience: LlmError upstream_timeout. What the client of an HTTP library calls a timeout cannot
 *  tell a silent upstream from a broken one, nor pings from text. */
export class TimeLimitedGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly limits: SilenceLimits,
  ) {}

  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<Parts> {
    return new TimedAnswer(this.gateway, prompt, signal, this.limits);
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

type Parts = readonly CompletionPart[];

/** Neither a generator nor an async function, for every token passes here. Its time begins when it is first asked. */
class TimedAnswer implements AsyncIterable<Parts>, AsyncIterator<Parts, unknown, undefined> {
  private readonly patience: Patience;
  private readonly answer: AsyncIterator<Parts, unknown, undefined>;

  constructor(gateway: LlmGateway, prompt: readonly PromptMessage[], signal: AbortSignal, limits: SilenceLimits) {
    this.patience = new Patience(limits);
    const both = AbortSignal.any([signal, this.patience.signal]);
    this.answer = gateway.complete(prompt, both)[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Looks at what passes, and passes on the same promise. */
  next(): Promise<IteratorResult<Parts, unknown>> {
    this.patience.resume();
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

  private readonly heed = ({ done, value }: IteratorResult<Parts, unknown>): void => {
    if (done) this.end();
    else this.patience.rest(value);
  };

  private readonly end = (): void => this.patience.end();
}

/** Aborts its signal when the upstream has been silent for too long. One timer serves many tokens: it looks at the time when it
 *  fires, and is set anew only then. */
class Patience {
  private readonly aborter = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private limit: number;
  /** How long it was waited for text before `since`. */
  private waited = 0;
  private since: number | undefined;

  constructor(private readonly limits: SilenceLimits) {
    this.limit = limits.firstToken;
  }

  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** It is the upstream's turn. */
  resume(): void {
    this.since = performance.now();
    this.timer ??= setTimeout(() => this.look(), this.limit);
  }

  /** The upstream has said something, and it is the reader's turn. */
  rest(parts: Parts): void {
    if (parts.some(({ type }) => type === 'text')) this.hear();
    else this.waited = this.silentFor();
    this.since = undefined;
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private hear(): void {
    this.waited = 0;
    if (this.limit === this.limits.idle) return;
    this.limit = this.limits.idle;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.limit);
  }

  private look(): void {
    const left = this.limit - this.silentFor();
    if (this.since !== undefined && left < 1) this.giveUp();
    else this.timer = setTimeout(() => this.look(), Math.max(1, left));
  }

  private silentFor(): number {
    return this.waited + (this.since === undefined ? 0 : performance.now() - this.since);
  }

  private giveUp(): void {
    this.aborter.abort(new LlmError('upstream_timeout', { detail: `a token took more than ${this.limit} ms` }));
  }
}
