import { LlmError } from '../domain/errors.js';
import { partsOfModel } from '../domain/model-name.js';
import { pause } from './patience.js';
import type { LlmGateway } from './ports/llm-gateway.js';
import type { Logger } from './ports/logger.js';

const KEPT_MILLISECONDS = 60_000;
/** A message waits no longer for an upstream that does not say. */
const PATIENCE_MILLISECONDS = 1000;

/** How many tokens models have room for, as the upstream of each lists it. */
export class ContextLengths {
  private readonly lists = new Map<string, KeptList>();

  constructor(
    private readonly gatewayOf: (mode: string) => Pick<LlmGateway, 'listModels'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** Of a model by its full name; undefined where its upstream does not say, or not in time. */
  async of(model: string): Promise<number | undefined> {
    const { mode, name } = partsOfModel(model);
    const list = this.lists.get(mode) ?? new KeptList(() => this.listed(mode));
    this.lists.set(mode, list);
    return (await list.latest()).get(name);
  }

  /** Undefined where the upstream cannot be asked. */
  private async listed(mode: string): Promise<ReadonlyMap<string, number> | undefined> {
    try {
      const models = await this.gatewayOf(mode).listModels(AbortSignal.timeout(KEPT_MILLISECONDS));
      return new Map(
        models.flatMap(({ id, contextLength }) => (contextLength === undefined ? [] : [[id, contextLength] as const])),
      );
    } catch (error) {
      if (error instanceof LlmError) this.log.warn('models cannot be listed', { mode, code: error.code });
      return undefined;
    }
  }
}

/** What one upstream lists. Where it cannot be asked, what it said before. */
class KeptList {
  private known: ReadonlyMap<string, number> = new Map();
  private listing: Promise<void> | undefined;
  private listedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly ask: () => Promise<ReadonlyMap<string, number> | undefined>) {}

  async latest(): Promise<ReadonlyMap<string, number>> {
    if (performance.now() - this.listedAt > KEPT_MILLISECONDS) await this.refreshed();
    return this.known;
  }

  private async refreshed(): Promise<void> {
    this.listing ??= this.renew().finally(() => {
      this.listing = undefined;
      this.listedAt = performance.now();
    });
    const isListed = new AbortController();
    const listed = this.listing.finally(() => isListed.abort());
    await Promise.race([listed, pause(PATIENCE_MILLISECONDS, isListed.signal)]);
    this.listedAt = performance.now();
  }

  private async renew(): Promise<void> {
    this.known = (await this.ask()) ?? this.known;
  }
}
