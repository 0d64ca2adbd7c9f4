import { Chance } from './chance.js';

/** `refused`: a bad status instead of an answer. `broken`: the connection goes in the middle of it. */
export type Fault = 'refused' | 'broken';

/** How the scripted model answers a message. It follows from the number alone, so the checker knows it too. */
export interface AnswerPlan {
  readonly tokens: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  readonly fault: Fault | undefined;
  /** How many tokens come before a break. */
  readonly tokensBeforeBreak: number;
}

const PLANS = 0x5eed;

export function answerPlan(message: number): AnswerPlan {
  const chance = new Chance(PLANS).beside(message);
  const tokens = chance.between(20, 60);
  return {
    tokens,
    // A model that thinks for long: its run can be orphaned before it has a token, again and again.
    firstTokenMs: chance.odds(0.2) ? chance.between(1500, 6000) : chance.between(0, 120),
    tokenMs: chance.between(10, 50),
    fault: chance.odds(0.05) ? chance.oneOf(['refused', 'broken']) : undefined,
    tokensBeforeBreak: chance.between(1, tokens - 1),
  };
}

const MARKS = ['', 'é', '中文', '\u{1f600}', '\n', '"\\', '\u2028'] as const;

/** Each token says which message, which call and which place it belongs to: so two answers cannot be mixed unseen. */
export function answerToken(message: number, call: number, place: number): string {
  return `${message}.${call}.${place}${MARKS[(message + place) % MARKS.length]} `;
}

/** The whole answer to one call. */
export function answerText(message: number, call: number): string {
  const { tokens } = answerPlan(message);
  return Array.from({ length: tokens }, (_, place) => answerToken(message, call, place)).join('');
}

export function contentOf(message: number): string {
  return `message ${message}: what is the answer?`;
}

/** The numbers of all messages that stand in a text, in order. */
export function messagesIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/\bmessage (\d+):/g), ([, number]) => Number(number));
}

/** The numbers of the messages whose answers stand in a text, token for token. */
export function tokensIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/(?<![\d.])(\d+)\.\d+\.\d+/g), ([, number]) => Number(number));
}
