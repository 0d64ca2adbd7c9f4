import type { Session } from '../../domain/session.js';
import type { UpdatePlace } from './session-ledger.js';

/** Behind which session a page begins. */
export interface RecentPosition {
  /** Where the first page ended. */
  readonly first: UpdatePlace;
  /** Where the page before ended. */
  readonly last: UpdatePlace;
  /** Whether the first page had this session, by its key. */
  readonly wasFirst: (key: string) => boolean;
}

export interface RecentPage {
  readonly sessions: readonly Session[];
  /** Where this page ended; undefined where nothing follows. */
  readonly end: UpdatePlace | undefined;
}
