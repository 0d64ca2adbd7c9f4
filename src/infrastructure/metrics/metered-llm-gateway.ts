import type {
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../application/ports/llm-gateway.js';
import { LlmError } from '../../domain/errors.js';
import { FewWords } from './few-words.js';
import type { Metrics } from './metrics.js';

/** Any gateway, with each of its answers timed and counted. */
export class MeteredLlmGateway implements LlmGateway {
  private readonly unknownReasons = new FewWords();

  constructor(
    private readonly gateway: LlmGateway,
    private readonly metrics: Metrics,
    private readonly provider: string,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const answer = new AnswerMeter(this.metrics, this.unknownReasons, take);
    let outcome = 'ok';
    try {
      await this.gateway.complete(request, signal, answer.take);
    } catch (error) {
      outcome = answer.isGivenUp || signal.aborted ? 'stopped' : 'run_failed';
      if (error instanceof LlmError) outcome = error.code;
      throw error;
    } finally {
      this.metrics.upstreamAttempts.inc({ outcome });
      this.metrics.providerAttempts.inc({ provider: this.provider, outcome });
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

/** Of so many batches one is timed, the first being one: timing them all costs more than all the rest. */
const TIMED_OF = 16;

/** What is handed over is taken when it is journalled: how long that takes is how far the journal is behind the
 *  model. */
class AnswerMeter {
  private readonly askedAt = performance.now();
  /** Whoever takes it has failed, not the model. */
  isGivenUp = false;
  private textBatches = 0;

  constructor(
    private readonly metrics: Metrics,
    private readonly unknownReasons: FewWords,
    private readonly pass: TakeParts,
  ) {}

  readonly take: TakeParts = (parts) => {
    try {
      return this.measured(parts)?.catch(this.giveUp);
    } catch (error) {
      return this.giveUp(error);
    }
  };

  private measured(parts: readonly CompletionPart[]): Promise<void> | undefined {
    this.countUnknownReason(parts.at(-1));
    const texts = textsIn(parts);
    if (texts === 0) return this.pass(parts);
    this.metrics.tokens.inc(texts);
    if (this.textBatches === 0) this.metrics.firstToken.observe((performance.now() - this.askedAt) / 1000);
    this.textBatches += 1;
    return this.textBatches % TIMED_OF === 1 ? this.timed(parts) : this.counted(this.pass(parts));
  }

  private countUnknownReason(last: CompletionPart | undefined): void {
    if (last?.type !== 'end' || last.unknownReason === undefined) return;
    this.metrics.unknownFinishReasons.inc({ reason: this.unknownReasons.nameOf(last.unknownReason) });
  }

  private timed(parts: readonly CompletionPart[]): Promise<void> | undefined {
    const arrivedAt = performance.now();
    const observe = () => this.metrics.journalLag.observe((performance.now() - arrivedAt) / 1000);
    const taking = this.counted(this.pass(parts));
    if (taking !== undefined) return taking.finally(observe);
    observe();
    return undefined;
  }

  /** As long as it is being taken, it is not journalled. */
  private counted(taking: Promise<void> | undefined): Promise<void> | undefined {
    if (taking === undefined) return undefined;
    this.metrics.unjournalledRuns.inc();
    return taking.finally(() => this.metrics.unjournalledRuns.dec());
  }

  private readonly giveUp = (error: unknown): never => {
    this.isGivenUp = true;
    throw error;
  };
}

function textsIn(parts: readonly CompletionPart[]): number {
  let texts = 0;
  for (const { type } of parts) if (type === 'text') texts += 1;
  return texts;
}
