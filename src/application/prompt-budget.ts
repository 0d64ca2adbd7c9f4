import type { Agent } from '../domain/agent.js';
import type { Agents } from '../domain/agents.js';
import { chosenFor } from '../domain/chosen-agent.js';
import type { Message } from '../domain/message.js';
import { countedText, MESSAGE_TOKENS } from '../domain/prompt-context.js';
import type { RunBirth } from '../domain/run.js';
import { MessageTooLong } from '../domain/size-limits.js';
import { MAX_BYTES_PER_UNIT } from '../domain/token-chunk.js';
import { countKey } from '../domain/token-counts.js';
import type { ToolDefinition } from '../domain/tool.js';
import type { ContextLengths } from './context-lengths.js';
import type { TokenCounter } from './ports/token-counter.js';

/** No model has room for fewer tokens. */
export const SMALLEST_CONTEXT = 256;
/** A count is a small number under a short key. */
const MAX_KEPT = 100_000;

/** How much a prompt may hold, and what its parts take. */
export class PromptBudget {
  private readonly kept = new Map<string, Promise<number>>();

  constructor(
    private readonly counter: TokenCounter,
    private readonly lengths: Pick<ContextLengths, 'of'>,
    private readonly agents: Agents,
  ) {}

  /** Tokens of a whole prompt; undefined where nobody limits them. */
  async limitOf({ contextTokens, model, options }: Agent): Promise<number | undefined> {
    if (contextTokens !== undefined) return contextTokens;
    const length = await this.lengths.of(model);
    return length === undefined ? undefined : Math.max(1, length - (options.maxTokens ?? 0));
  }

  /** What is counted for a message besides its text belongs to the way of counting. */
  get countedBy(): string {
    return `${this.counter.name}+${MESSAGE_TOKENS}`;
  }

  /** Each message is counted once. */
  tokensOf(message: Message): Promise<number> {
    const key = countKey(message);
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const counting = this.counter.count(countedText(message)).then((count) => count + MESSAGE_TOKENS);
    this.keep(key, counting);
    return counting;
  }

  /** Of `fixedTexts`. */
  async fixedTokens(texts: readonly string[]): Promise<number> {
    const counts = await Promise.all(texts.map((text) => this.counter.count(text)));
    return counts.reduce((sum, count) => sum + count + MESSAGE_TOKENS, 0);
  }

  /** Rejects with MessageTooLong where the message of a run does not fit even alone. Undefined where that is known at
   *  once. */
  admit(birth: RunBirth): Promise<void> | undefined {
    const agent = chosenFor(birth, this.agents);
    const units = birth.request.content.length + agent.instructions.text.length;
    if (surelyFits(units * MAX_BYTES_PER_UNIT + 2 * MESSAGE_TOKENS, agent)) return undefined;
    return this.refuseTooLong(agent, birth.request.content, birth.id);
  }

  private async refuseTooLong(agent: Agent, content: string, runId: string): Promise<void> {
    const limit = await this.limitOf(agent);
    if (limit === undefined) return;
    const message = { role: 'user', index: 1, runId, content } as const;
    const own = await this.tokensOf({ ...message, status: 'complete', createdAt: new Date(0), isRefused: false });
    if (own + (await this.fixedTokens(fixedTexts(agent, []))) > limit) throw new MessageTooLong(limit);
  }

  private keep(key: string, counting: Promise<number>): void {
    const [oldest] = this.kept.keys();
    if (this.kept.size >= MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(key, counting);
    counting.catch(() => this.kept.delete(key));
  }
}

/** Whether a prompt that has no more tokens than these fits whatever model is asked, with room for the answer: then
 *  nothing is counted, and nobody asked. */
export function surelyFits(tokens: number, { contextTokens, options: { maxTokens = 0 } }: Agent): boolean {
  return tokens <= (contextTokens ?? SMALLEST_CONTEXT - maxTokens);
}

/** What a prompt holds besides what was said: the instructions, and each tool that the model may ask for. */
export function fixedTexts({ instructions: { role, text } }: Agent, tools: readonly ToolDefinition[]): string[] {
  const told = role === 'none' || text === '' ? [] : [text];
  const described = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  return [...told, ...described];
}
