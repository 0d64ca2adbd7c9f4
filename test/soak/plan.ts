import { Chance } from '../chaos/chance.js';

type UpstreamFault = 'error' | 'truncation' | 'stall';

/** What one message is about: the answer that the model gives to it, and how its client reads that. */
export interface Plan {
  readonly content: string;
  readonly tokens: readonly string[];
  readonly pauseMilliseconds: number;
  /** What breaks the answer off behind its last token. */
  readonly fault: UpstreamFault | undefined;
  readonly reader: 'steady' | 'slow' | 'cut';
  /** After how many frames of each connection a reader that is cut loses it. */
  readonly cuts: readonly number[];
}

const SLOW_SHARE = 0.1;
const CUT_SHARE = 0.1;
const FAULT_SHARE = 0.05;
const PIECES = ['word ', 'né ', '中文 ', '🙂👩‍🚀 ', 'two\nlines ', '"quoted" \\ ', '\u2028'] as const;
/** Of a slow reader's tokens: enough of it to fill what lies between the service and its reader. */
const LONG_PIECES = 1500;

/** The same for the same seed and number, so that the model and the client know it without telling each other. */
export function planOf(seed: number, number: number): Plan {
  const chance = new Chance(seed).beside(number);
  const reader = chance.weighted({ slow: SLOW_SHARE, cut: CUT_SHARE, steady: 1 - SLOW_SHARE - CUT_SHARE });
  const count = chance.between(5, 60);
  const repeats = reader === 'slow' ? LONG_PIECES : 1;
  return {
    content: `message ${number}`,
    tokens: Array.from({ length: count }, (_, place) => `${place} ${chance.oneOf(PIECES).repeat(repeats)}`),
    pauseMilliseconds: chance.between(5, 60),
    fault: chance.odds(FAULT_SHARE) ? chance.oneOf(['error', 'truncation', 'stall']) : undefined,
    reader,
    cuts: Array.from({ length: chance.between(1, 3) }, () => chance.between(0, count)),
  };
}

/** The number of the message with this content. */
export function numberOf(content: string): number {
  return Number(/\d+$/.exec(content)?.[0]);
}
