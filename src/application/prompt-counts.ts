import type { Message } from '../domain/message.js';
import { countKey, MAX_COUNTS, type TokenCounts } from '../domain/token-counts.js';
import type { PromptBudget } from './prompt-budget.js';

/** The counts of the messages of one prompt. A history is read from its end, so a run's counts of earlier messages are
 *  learnt before these are asked for. */
export class PromptCounts {
  private readonly known = new Map<string, number>();
  private readonly added = new Map<string, number>();
  private last: TokenCounts | undefined;

  constructor(private readonly budget: PromptBudget) {}

  /** Takes over what the runs of these messages have kept. */
  learn(messages: readonly Message[]): void {
    for (const { counts } of messages) {
      if (counts === undefined || counts === this.last) continue;
      this.last = counts;
      if (counts.by !== this.budget.countedBy) continue;
      for (const [key, tokens] of Object.entries(counts.of)) this.known.set(key, tokens);
    }
  }

  async of(message: Message): Promise<number> {
    const key = countKey(message);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const tokens = await this.budget.tokensOf(message);
    this.added.set(key, tokens);
    return tokens;
  }

  /** What nobody has kept yet; undefined where that is nothing. */
  get toKeep(): TokenCounts | undefined {
    if (this.added.size === 0) return undefined;
    return { by: this.budget.countedBy, of: Object.fromEntries([...this.added].slice(0, MAX_COUNTS)) };
  }
}
