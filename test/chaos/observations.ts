import type { Cancel, Exchange, SentMessage } from './history.js';
import type { Peek } from './user-trace.js';

/** What the clients of one trial wrote down so far. */
export interface Observations {
  readonly sent: SentMessage[];
  readonly exchanges: Exchange[];
  readonly cancels: Cancel[];
  readonly peeks: Peek[];
}
