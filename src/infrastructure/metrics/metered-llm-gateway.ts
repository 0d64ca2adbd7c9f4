import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../application/ports/llm-gateway.js';
import { LlmError } from '../../domain/errors.js';
import type { Metrics } from './metrics.js';

/** Any gateway, with each of its answers timed and counted. The writer of a run asks for a batch when it has journalled the one
 *  before: how long a batch is held is how far the journal is behind the model. */
export class MeteredLlmGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly metrics: Metrics,
  ) {}

  async *complete(
    prompt: readonly PromptMessage[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly CompletionPart[], void, undefined> {
    const attempt = new Attempt(this.metrics);
    try {
      for await (const parts of this.gateway.complete(prompt, signal)) {
        attempt.hold(parts);
        yield parts;
        attempt.release();
      }
      attempt.outcome = 'ok';
    } catch (error) {
      attempt.outcome = failureOf(error, signal);
      throw error;
    } finally {
      attempt.end();
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

class Attempt {
  /** What remains where the loop was left. */
  outcome = 'stopped';
  private readonly begunAt = performance.now();
  private hasText = false;
  private heldSince: number | undefined;

  constructor(private readonly metrics: Metrics) {}

  hold(parts: readonly CompletionPart[]): void {
    const now = performance.now();
    let texts = 0;
    for (const part of parts) if (part.type === 'text') texts += 1;
    if (texts === 0) return;
    if (!this.hasText) this.metrics.firstToken.observe((now - this.begunAt) / 1000);
    this.hasText = true;
    this.metrics.tokens.inc(texts);
    this.metrics.unjournalledRuns.inc();
    this.heldSince = now;
  }

  release(): void {
    if (this.heldSince === undefined) return;
    this.metrics.journalLag.observe((performance.now() - this.heldSince) / 1000);
    this.metrics.unjournalledRuns.dec();
    this.heldSince = undefined;
  }

  end(): void {
    this.release();
    this.metrics.upstreamAttempts.inc({ outcome: this.outcome });
  }
}

function failureOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof LlmError) return error.code;
  return signal.aborted ? 'stopped' : 'run_failed';
}
