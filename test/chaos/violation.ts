/** A promise that was broken, and where. */
export interface Violation {
  readonly rule: Rule;
  /** The message, run, session or replica it is about. */
  readonly about: string;
  readonly detail: string;
}

export type Rule = (typeof RULES)[number];

export const RULES = [
  // One exchange.
  'unreadable frame',
  'gap',
  'repeated event',
  'wrong order',
  "another run's event",
  'two endings',
  'event after the ending',
  'done without ending',
  'cut off without cause',
  'unforeseen status',
  'cursor refused',
  'told there is no more',
  // What a client put together of several.
  'different text for one event',
  'seen but not journalled',
  'end seen too early',
  'ending never seen',
  // The journal.
  'journal without ending',
  'journal misnumbered',
  'error not before the ending',
  'ending differs',
  // Keys.
  'two runs for one key',
  'accepted twice',
  // The history.
  'message lost',
  'message stored twice',
  'message altered',
  'refused message stored',
  'answer lost',
  'answer stored twice',
  'answer without text',
  'answer differs from the journal',
  'answer out of place',
  // What the model said and was asked.
  'attempts mixed',
  'written by a former owner',
  'answer cut short',
  'asked more often than counted',
  'too many attempts',
  'prompt differs from the history',
  // Time and turns.
  'run never ended',
  'run lost',
  'late takeover',
  'late cancel',
  'not run again',
  'turns overlap',
  'turns out of order',
  'ending without cause',
  // Turns with tools.
  'call lost',
  'call settled twice',
  'result without a call',
  'messages miscounted',
  'turn waits for ever',
  'turn did not go on',
  'calls differ from the journal',
  'expired too early',
  'expired too late',
  'model asked before its calls were settled',
  'prompt has another result',
  'result lost',
  'tool request refused',
  // Users.
  'seen by another user',
  'not hidden from another user',
  'told in another session',
  'session not listed',
  'foreign session listed',
  'session listed twice',
  // Processes.
  'replica died',
  'replica did not stop',
] as const;
