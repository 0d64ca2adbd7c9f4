import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';

export interface AnswerLimits {
  /** Until the first text, and from one text to the next. Only the upstream's time counts, not that of who reads it. */
  readonly firstTokenMilliseconds: number;
  readonly idleMilliseconds: number;
  /** For the whole answer, whoever takes the time. */
  readonly totalMilliseconds: number;
}

/** Any gateway, with an end to its patience: LlmError upstream_timeout. What the client of an HTTP library calls a timeout cannot
 *  tell a silent upstream from a broken one, nor pings from text. */
export class TimeLimitedGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly limits: AnswerLimits,
  ) {}

  async *complete(
    prompt: readonly PromptMessage[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly CompletionPart[], void, undefined> {
    const patience = new Patience(this.limits);
    try {
      for await (const parts of this.gateway.complete(prompt, AbortSignal.any([signal, patience.signal]))) {
        patience.rest(parts);
        yield parts;
        patience.resume();
      }
    } finally {
      patience.end();
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

/** Aborts its signal when the upstream has been silent for too long. One timer serves many tokens: it looks at the time when it
 *  fires, and is set anew only then. */
class Patience {
  private readonly aborter = new AbortController();
  private readonly total: NodeJS.Timeout;
  private silence: NodeJS.Timeout;
  private limit: number;
  /** How long it was waited for text before `since`. */
  private waited = 0;
  private since: number | undefined = performance.now();

  constructor(private readonly limits: AnswerLimits) {
    this.limit = limits.firstTokenMilliseconds;
    this.silence = setTimeout(() => this.look(), this.limit);
    this.total = setTimeout(() => this.giveUpOn('a whole answer', limits.totalMilliseconds), limits.totalMilliseconds);
  }

  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** The upstream has said something, and it is the reader's turn. */
  rest(parts: readonly CompletionPart[]): void {
    if (parts.some(({ type }) => type === 'text')) this.hear();
    else this.waited = this.silentFor();
    this.since = undefined;
  }

  /** It is the upstream's turn. */
  resume(): void {
    this.since = performance.now();
  }

  end(): void {
    clearTimeout(this.total);
    clearTimeout(this.silence);
  }

  private hear(): void {
    this.waited = 0;
    if (this.limit === this.limits.idleMilliseconds) return;
    this.limit = this.limits.idleMilliseconds;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.look(), this.limit);
  }

  private look(): void {
    const left = this.limit - this.silentFor();
    if (this.since !== undefined && left < 1) this.giveUpOn('a token', this.limit);
    else this.silence = setTimeout(() => this.look(), Math.max(1, left));
  }

  private silentFor(): number {
    return this.waited + (this.since === undefined ? 0 : performance.now() - this.since);
  }

  private giveUpOn(what: string, milliseconds: number): void {
    this.aborter.abort(new LlmError('upstream_timeout', { detail: `${what} took more than ${milliseconds} ms` }));
  }
}
