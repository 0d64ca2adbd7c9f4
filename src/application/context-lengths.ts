import { fullModelName } from '../domain/model-name.js';
import { pause } from './patience.js';
import type { LlmGateway } from './ports/llm-gateway.js';

const KEPT_MILLISECONDS = 60_000;
/** A message waits no longer for an upstream that does not say. */
const PATIENCE_MILLISECONDS = 1000;

/** How many tokens models have room for, as their upstreams list it. */
export class ContextLengths {
  private known: ReadonlyMap<string, number> = new Map();
  private listing: Promise<void> | undefined;
  private listedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly gateway: Pick<LlmGateway, 'listModels'>,
    /** The mode of a model that is listed without one. */
    private readonly usualMode: string,
  ) {}

  /** Of a model by its full name; undefined where its upstream does not say, or not in time. */
  async of(model: string): Promise<number | undefined> {
    if (performance.now() - this.listedAt > KEPT_MILLISECONDS) await this.refreshed();
    return this.known.get(model);
  }

  private async refreshed(): Promise<void> {
    this.listing ??= this.list().finally(() => {
      this.listing = undefined;
      this.listedAt = performance.now();
    });
    const isListed = new AbortController();
    const listed = this.listing.finally(() => isListed.abort());
    await Promise.race([listed, pause(PATIENCE_MILLISECONDS, isListed.signal)]);
    this.listedAt = performance.now();
  }

  /** One that cannot be asked says what it said before. */
  private async list(): Promise<void> {
    try {
      const models = await this.gateway.listModels(AbortSignal.timeout(KEPT_MILLISECONDS));
      this.known = new Map(
        models.flatMap(({ id, contextLength }) =>
          contextLength === undefined ? [] : [[fullModelName(id, this.usualMode), contextLength] as const],
        ),
      );
    } catch {}
  }
}
