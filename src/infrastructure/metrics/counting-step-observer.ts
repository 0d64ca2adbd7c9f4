import type { StepObserver } from '../../application/ledger/step-observer.js';
import type { SettledCall } from '../../domain/settled-call.js';
import { FewWords } from './few-words.js';
import type { Metrics } from './metrics.js';

/** Counts what becomes of the steps of sessions. */
export class CountingStepObserver implements StepObserver {
  private readonly tools: FewWords;

  /** `toolNames` are those that the operator has named: clients may bring others along. */
  constructor(
    private readonly metrics: Metrics,
    toolNames: readonly string[],
  ) {
    this.tools = new FewWords(toolNames);
  }

  stepRetried(): void {
    this.metrics.ledgerRetries.inc();
  }

  callSettled({ toolName, status, waited }: SettledCall): void {
    this.metrics.toolCalls.inc({ tool: this.tools.nameOf(toolName), status });
    if (waited !== undefined) this.metrics.toolCallWait.observe({ status }, waited / 1000);
  }
}
