import { ownAbort } from '../../../application/own-abort.js';
import type {
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../domain/errors.js';
import { isToken } from './is-token.js';

/** In milliseconds. Only the upstream's time counts, not that of who takes what it says. */
export interface SilenceLimits {
  /** Until the first text, reasoning or piece of a call. */
  readonly firstToken: number;
  /** From one of them to the next. */
  readonly idle: number;
}

/** Any gateway, with an end to its patience: LlmError upstream_timeout. What the client of an HTTP library calls a
 *  timeout cannot tell a silent upstream from a broken one, nor pings from text. */
export class TimeLimitedGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly limits: SilenceLimits,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const own = ownAbort(signal);
    const patience = new Patience(this.limits, own.abort);
    const takeInTime = (parts: Parts): Promise<void> | undefined => {
      patience.rest(parts);
      const taking = take(parts);
      if (taking !== undefined) return taking.then(() => patience.resume());
      patience.resume();
      return undefined;
    };
    patience.resume();
    try {
      await this.gateway.complete(request, own.signal, takeInTime);
    } finally {
      patience.end();
      own.letGo();
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

type Parts = readonly CompletionPart[];

/** Gives up when the upstream has been silent for too long. One timer serves many tokens: it looks at the time when it
 *  fires, and is set anew only then. */
class Patience {
  private timer: NodeJS.Timeout | undefined;
  private limit: number;
  /** What is waited for. */
  private awaited = 'a token';
  /** How long it was waited for that before `since`. */
  private waited = 0;
  private since: number | undefined;

  constructor(
    private readonly limits: SilenceLimits,
    private readonly abort: (reason: LlmError) => void,
  ) {
    this.limit = limits.firstToken;
  }

  /** It is the upstream's turn. */
  resume(): void {
    this.since = performance.now();
    this.timer ??= setTimeout(() => this.look(), this.limit);
  }

  /** The upstream has said something, and whoever takes it has the turn. */
  rest(parts: Parts): void {
    const sign = parts.findLast(isToken);
    if (sign === undefined) this.waited = this.silentFor();
    else this.hear(sign);
    this.since = undefined;
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private hear({ type }: CompletionPart): void {
    this.waited = 0;
    this.awaited = type === 'reasoning' ? 'a step from reasoning' : 'a token';
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
    this.abort(new LlmError('upstream_timeout', { detail: `${this.awaited} took more than ${this.limit} ms` }));
  }
}
