import type { Instructions } from '../domain/agent.js';
import { laterHalf, latestFitting, type PromptContext } from '../domain/prompt-context.js';
import type { PromptMessage } from '../domain/prompt-message.js';
import type { ReadHistory } from './preparation.js';
import { promptOf, type Turn, toldTurns } from './prompt.js';

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
    const room = meter.limit === undefined ? Number.POSITIVE_INFINITY : meter.limit - meter.instructionTokens;
    const turns = latestFitting(told, (turn) => meter.tokensOf(turn), room);
    return new PromptWindow(history, turns, tellable ?? told.flat().length);
  }

  get context(): PromptContext {
    const { limit, instructionTokens } = this.history.meter;
    const { brought } = this.history;
    if (brought !== undefined) return { messages: brought.length, leftOut: 0, tokens: undefined };
    const messages = this.turns.flat();
    const tokens = limit === undefined ? undefined : instructionTokens + this.history.meter.tokensOf(messages);
    return { messages: messages.length, leftOut: Math.max(0, this.tellable - messages.length), tokens };
  }

  prompt(instructions: Instructions): readonly PromptMessage[] {
    return promptOf(instructions, [...this.turns, this.said], this.history.brought);
  }

  with(said: Turn): PromptWindow {
    return new PromptWindow(this.history, this.turns, this.tellable, said);
  }

  /** With half of the turns left out; undefined where there is nothing to leave out. */
  halved(): PromptWindow | undefined {
    if (this.turns.length < 2) return undefined;
    return new PromptWindow(this.history, laterHalf(this.turns), this.tellable, this.said);
  }
}
