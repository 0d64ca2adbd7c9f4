import type { Instructions } from '../domain/agent.js';
import { laterHalf, latestFitting, type PromptContext } from '../domain/prompt-context.js';
import type { PromptMessage } from '../domain/prompt-message.js';
import type { ReadHistory } from './preparation.js';
import { promptOf, type Turn, toldTurns } from './prompt.js';
import type { PromptMeter } from './prompt-meter.js';

/** The turns of a history that a prompt holds. */
export class PromptWindow {
  private constructor(
    private readonly history: ReadHistory,
    private readonly turns: readonly Turn[],
    /** Messages of the history that could be told. */
    private readonly tellable: number,
    /** What this run has said and heard so far. */
    private readonly said: Turn = [],
  ) {}

  static of(history: ReadHistory): PromptWindow {
    const { messages, meter, tellable } = history;
    const told = toldTurns(messages).filter(([first]) => tellable === undefined || first?.role === 'user');
    return new PromptWindow(history, fitting(told, meter, []), tellable ?? told.flat().length);
  }

  get context(): PromptContext {
    const { limit, fixedTokens } = this.history.meter;
    const { brought } = this.history;
    if (brought !== undefined) return { messages: brought.length, leftOut: 0, tokens: undefined };
    const messages = this.turns.flat();
    const tokens =
      limit === undefined ? undefined : fixedTokens + this.history.meter.tokensOf([...messages, ...this.said]);
    return { messages: messages.length, leftOut: Math.max(0, this.tellable - messages.length), tokens };
  }

  prompt(instructions: Instructions): readonly PromptMessage[] {
    return promptOf(instructions, [...this.turns, this.said], this.history.brought);
  }

  /** With what the run has said and heard so far: as it grows, earlier turns leave. */
  async with(said: Turn): Promise<PromptWindow> {
    const { meter, brought } = this.history;
    if (brought === undefined) await meter.take(said);
    return new PromptWindow(this.history, fitting(this.turns, meter, said), this.tellable, said);
  }

  /** With half of the turns left out; undefined where there is nothing to leave out. */
  halved(): PromptWindow | undefined {
    if (this.turns.length < 2) return undefined;
    return new PromptWindow(this.history, laterHalf(this.turns), this.tellable, this.said);
  }
}

function fitting(turns: readonly Turn[], meter: PromptMeter, said: Turn): readonly Turn[] {
  const { limit, fixedTokens } = meter;
  if (limit === undefined) return turns;
  return latestFitting(turns, (turn) => meter.tokensOf(turn), limit - fixedTokens - meter.tokensOf(said));
}
