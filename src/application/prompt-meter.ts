import type { Agent } from '../domain/agent.js';
import type { Message } from '../domain/message.js';
import { MESSAGE_TOKENS } from '../domain/prompt-context.js';
import { isUntold } from '../domain/session-size.js';
import { utf8Length } from '../domain/token-chunk.js';
import type { ToolDefinition } from '../domain/tool.js';
import { fixedTexts, type PromptBudget, SMALLEST_CONTEXT, surelyFits } from './prompt-budget.js';
import { PromptCounts } from './prompt-counts.js';

/** Measures what is to go into one prompt, message by message. Nobody is asked and nothing is counted while it is so
 *  little that every model has room for it. */
export class PromptMeter {
  /** What the prompt may hold; undefined where nobody limits it, or it was not asked. */
  limit: number | undefined;
  /** What every prompt of the run holds, whatever was said: the instructions and the tools. */
  fixedTokens = 0;
  readonly counts: PromptCounts;
  private readonly counted = new Map<Message, number>();
  private readonly uncounted: Message[] = [];
  /** No prompt has more tokens than bytes, and what each message takes besides. */
  private atMost: number;
  private sum = 0;
  private isLimitKnown = false;
  /** The latest turn is counted, from its user message on. */
  private hasTurn = false;

  constructor(
    private readonly budget: PromptBudget,
    private readonly agent: Agent,
    private readonly tools: readonly ToolDefinition[],
  ) {
    this.counts = new PromptCounts(budget);
    this.atMost = fixedTexts(agent, tools).reduce((sum, text) => sum + utf8Length(text) + MESSAGE_TOKENS, 0);
  }

  /** Whether there is more than the prompt may hold, with these, which come latest first. The latest turn is counted
   *  whatever it takes, for every prompt holds it; of what is before, what is more is not. */
  async isFullWith(messages: readonly Message[]): Promise<boolean> {
    this.counts.learn(messages);
    const tellable = messages.filter((message) => !isUntold(message));
    this.uncounted.push(...tellable);
    if (!this.isLimitKnown) await this.askForLimit(tellable);
    for (const message of this.limit === undefined ? [] : this.uncounted.splice(0)) {
      if (this.isFull) break;
      await this.count(message);
      if (message.role === 'user') this.hasTurn = true;
    }
    return this.isFull;
  }

  /** The prompt holds these, whatever they take. */
  async take(messages: readonly Message[]): Promise<void> {
    this.uncounted.push(...messages);
    if (!this.isLimitKnown) await this.askForLimit(messages);
    if (this.limit === undefined) return;
    for (const message of this.uncounted.splice(0)) await this.count(message);
  }

  /** There may be a model that has no room for it. */
  private get isMuch(): boolean {
    return !surelyFits(this.atMost, this.agent);
  }

  private get isFull(): boolean {
    return this.hasTurn && this.limit !== undefined && this.sum > this.limit;
  }

  /** Endless where a message was not counted, since there was no room for it. */
  tokensOf(messages: readonly Message[]): number {
    return messages.reduce((sum, message) => sum + (this.counted.get(message) ?? Number.POSITIVE_INFINITY), 0);
  }

  private async askForLimit(added: readonly Message[]): Promise<void> {
    for (const { content } of added)
      if (!this.isMuch) this.atMost += bytesUpTo(SMALLEST_CONTEXT, content) + MESSAGE_TOKENS;
    if (this.agent.contextTokens === undefined && !this.isMuch) return;
    this.isLimitKnown = true;
    this.limit = await this.budget.limitOf(this.agent);
    if (this.limit === undefined) return;
    this.fixedTokens = await this.budget.fixedTokens(fixedTexts(this.agent, this.tools));
    this.sum = this.fixedTokens;
  }

  private async count(message: Message): Promise<void> {
    const tokens = await this.counts.of(message);
    this.counted.set(message, tokens);
    this.sum += tokens;
  }
}

/** Of a longer text its characters, which are no more than its bytes: that it is longer is enough to know. */
function bytesUpTo(limit: number, text: string): number {
  return text.length > limit ? text.length : utf8Length(text);
}
