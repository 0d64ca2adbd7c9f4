import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../application/ports/llm-gateway.js';
import { LlmError } from '../../domain/errors.js';
import type { Metrics } from './metrics.js';

/** Any gateway, with each of its answers timed and counted. */
export class MeteredLlmGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly metrics: Metrics,
  ) {}

  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<readonly CompletionPart[]> {
    return new MeteredAnswer(this.gateway.complete(prompt, signal), signal, this.metrics);
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

type Parts = readonly CompletionPart[];

/** Of so many batches one is timed, the first being one: timing them all costs more than all the rest. */
const TIMED_OF = 16;

/** Neither a generator nor an async function: every token passes here, and those cost as much as all the counting. The writer of a run asks for
 *  a batch when it has journalled the one before: how long a batch is held is how far the journal is behind the model. */
class MeteredAnswer implements AsyncIterable<Parts>, AsyncIterator<Parts, unknown, undefined> {
  private readonly iterator: AsyncIterator<Parts, unknown, undefined>;
  private begunAt: number | undefined;
  private textBatches = 0;
  private holds = false;
  private heldSince: number | undefined;

  constructor(
    answer: AsyncIterable<Parts>,
    private readonly signal: AbortSignal,
    private readonly metrics: Metrics,
  ) {
    this.iterator = answer[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Looks at what passes, and passes on the same promise. */
  next(): Promise<IteratorResult<Parts, unknown>> {
    this.begunAt ??= performance.now();
    this.release();
    const step = this.iterator.next();
    step.then(this.heed, this.fail);
    return step;
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Parts, unknown>> {
    await this.iterator.return?.();
    this.end('stopped');
    return { done: true, value: undefined };
  }

  private readonly heed = ({ done, value }: IteratorResult<Parts, unknown>): void => {
    if (done) this.end('ok');
    else this.hold(value);
  };

  private readonly fail = (error: unknown): void => this.end(failureOf(error, this.signal));

  private hold(parts: Parts): void {
    let texts = 0;
    for (const { type } of parts) if (type === 'text') texts += 1;
    if (texts === 0) return;
    this.holds = true;
    this.metrics.tokens.inc(texts);
    this.metrics.unjournalledRuns.inc();
    if (this.textBatches % TIMED_OF === 0) this.heldSince = performance.now();
    if (this.textBatches === 0) this.metrics.firstToken.observe((performance.now() - (this.begunAt ?? 0)) / 1000);
    this.textBatches += 1;
  }

  private release(): void {
    if (!this.holds) return;
    this.holds = false;
    this.metrics.unjournalledRuns.dec();
    if (this.heldSince === undefined) return;
    this.metrics.journalLag.observe((performance.now() - this.heldSince) / 1000);
    this.heldSince = undefined;
  }

  private end(outcome: string): void {
    this.release();
    this.metrics.upstreamAttempts.inc({ outcome });
  }
}

function failureOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof LlmError) return error.code;
  return signal.aborted ? 'stopped' : 'run_failed';
}
