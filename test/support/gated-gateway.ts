import { MockGateway, type MockStep } from '../../src/adapters/outbound/llm/mock/mock-gateway.js';
import type {
  CompletionFinishReason,
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../src/domain/prompt-message.js';
import type { Usage } from '../../src/domain/run.js';

/** One call of the upstream, whose answer is what the test says, when the test says it. */
export class GatedCall {
  /** Resolves when the caller has let the call go: at its end, by leaving or by aborting. */
  readonly released: Promise<void>;
  private readonly steps: MockStep[] = [];
  private moved = Promise.withResolvers<void>();
  private readonly release: () => void;

  constructor(readonly prompt: readonly PromptMessage[]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.released = promise;
    this.release = resolve;
  }

  /** Each text as a batch of its own. */
  say(...texts: readonly string[]): this {
    for (const text of texts) this.send({ type: 'text', text });
    return this;
  }

  /** As one batch. */
  send(...parts: readonly CompletionPart[]): this {
    return this.add({ type: 'batch', parts });
  }

  end(finishReason: CompletionFinishReason = 'stop', usage?: Usage): this {
    const end: CompletionPart = { type: 'end', finishReason };
    return usage === undefined ? this.send(end) : this.send({ type: 'usage', usage }, end);
  }

  fail(error: Error): this {
    return this.add({ type: 'fail', error });
  }

  async *script(): AsyncGenerator<MockStep, void, undefined> {
    try {
      while (true) {
        yield this.steps.shift() ?? { type: 'wait-for', promise: this.moved.promise };
      }
    } finally {
      this.release();
    }
  }

  private add(step: MockStep): this {
    this.steps.push(step);
    this.moved.resolve();
    this.moved = Promise.withResolvers<void>();
    return this;
  }
}

/** An upstream whose every token is released by the test. */
export class GatedGateway implements LlmGateway {
  readonly calls: GatedCall[] = [];
  models: readonly Model[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly mock = new MockGateway((prompt) => this.begin(prompt).script());

  complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    return this.mock.complete(request, signal, take);
  }

  async listModels(signal: AbortSignal): Promise<readonly Model[]> {
    signal.throwIfAborted();
    return this.models;
  }

  /** The call with this number, counted from 1, as soon as it is made. */
  async call(number = 1): Promise<GatedCall> {
    while (true) {
      const call = this.calls[number - 1];
      if (call !== undefined) return call;
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private begin(prompt: readonly PromptMessage[]): GatedCall {
    const call = new GatedCall(prompt);
    this.calls.push(call);
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
    return call;
  }
}
