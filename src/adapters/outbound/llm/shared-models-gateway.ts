import type { CompletionRequest, LlmGateway, Model, TakeParts } from '../../../application/ports/llm-gateway.js';

const KEPT_MS = 5000;

/** Any gateway, asked for its models once at a time, however many want to know, and not again for some seconds. A
 *  failure goes to those who wait for it, and is not kept. */
export class SharedModelsGateway implements LlmGateway {
  private kept: { readonly models: readonly Model[]; readonly until: number } | undefined;
  private listing: Listing | undefined;

  constructor(private readonly gateway: LlmGateway) {}

  complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    return this.gateway.complete(request, signal, take);
  }

  async listModels(signal: AbortSignal): Promise<readonly Model[]> {
    signal.throwIfAborted();
    if (this.kept !== undefined && performance.now() < this.kept.until) return this.kept.models;
    if (this.listing === undefined || this.listing.isOver) this.listing = new Listing((all) => this.ask(all));
    return await this.listing.wait(signal);
  }

  private async ask(signal: AbortSignal): Promise<readonly Model[]> {
    const models = await this.gateway.listModels(signal);
    this.kept = { models, until: performance.now() + KEPT_MS };
    return models;
  }
}

/** One question, for all who wait for its answer. It is given up when the last of them leaves. */
class Listing {
  isOver = false;
  private readonly aborter = new AbortController();
  private readonly answer: Promise<readonly Model[]>;
  private waiting = 0;

  constructor(ask: (signal: AbortSignal) => Promise<readonly Model[]>) {
    this.answer = ask(this.aborter.signal).finally(() => {
      this.isOver = true;
    });
  }

  async wait(signal: AbortSignal): Promise<readonly Model[]> {
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    this.waiting += 1;
    try {
      return await Promise.race([this.answer, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      this.waiting -= 1;
      if (this.waiting === 0) this.giveUp();
    }
  }

  private giveUp(): void {
    this.isOver = true;
    this.aborter.abort();
  }
}
