import type { JournalEnding, SessionChange } from '../../domain/session-change.js';
import type { Due, RunRecord, SeenSession, SessionHead } from '../../domain/session-head.js';

/** What a store keeps of sessions. A store knows no rule: it keeps a change if nothing else has changed meanwhile,
 *  tells whom it concerns, and says which sessions are due. Every step is atomic.
 *  A key names a session: any text of up to 512 printable ASCII characters. Only `sessionKeyOf` makes keys. An id names
 *  a run, and no other run ever has it.
 *  A store is opened with a time for idle sessions. When that is over, it forgets the session with all that is its own;
 *  each commit begins the time anew.
 *  Where a store is outside of this process, every method may throw StoreUnavailable. The caller may repeat it then. */
export interface SessionLedger {
  /** The session as it stands, all of one moment, with those of its records that are wanted and there. */
  load(key: string, wanted: Wanted): Promise<Snapshot>;

  /** Keeps the step, whole or not at all, if the session stands at `step.seen` and each journal stands where its ending
   *  says. Then it wakes the readers of the journals that end, and tells the process that writes `step.asked`.
   *  A step that was kept before, under the same revision, is done. Else, where it cannot be kept, nothing is changed,
   *  and the session is given as it stands.
   *  Throws RunTaken, with nothing changed, where another session has a run that is brought.
   *  Throws Overloaded, with nothing changed, when there is no room for a new session, or for a run that begins. */
  commit(key: string, step: Step, wanted: Wanted): Promise<Committed>;

  /** Removes the session with all that is its own, if it stands at `seen`, and returns whether it did. Its journals end
   *  first, and can be read for FAREWELL_MILLISECONDS more. Nobody finds its runs any more. The process that writes its
   *  run is told. The key may begin a new session at once. */
  remove(key: string, seen: Snapshot, endings: readonly JournalEnding[]): Promise<boolean>;

  /** A page of turns with their texts: those that have begun, in that order, then the queue. A page is never large: it
   *  has at most MAX_PAGE_TURNS turns, and no further one once it holds MAX_PAGE_CHARACTERS. It is empty only where the
   *  range is.
   *  Undefined when there is no session. Undefined also when it has no turn `range.after`: so whoever reads page by
   *  page learns that the session was deleted. */
  history(key: string, range: HistoryRange): Promise<History | undefined>;

  /** The sessions of a shelf, newest first by creation, then by key, so that paging meets each exactly once. What
   *  stands on other shelves, or on none, costs nothing. `after` is the last one of the page before; it need not exist
   *  any more. When `signal` aborts, nobody waits for the list any more: then it may reject with the signal's
   *  reason. */
  list(
    shelf: string,
    limit: number,
    after: ListedPosition | undefined,
    signal?: AbortSignal,
  ): Promise<readonly ListedSession[]>;

  /** The sessions of a shelf by their last update, then by key: latest first below a place, or earliest first above
   *  one. One that has just been updated may for a moment stand where it stood at an update before, and never
   *  elsewhere. `signal` as above. */
  recent(shelf: string, limit: number, from: RecentRange, signal?: AbortSignal): Promise<readonly RecentSession[]>;

  /** The heads of these sessions; what is not there is left out. */
  heads(keys: readonly string[]): Promise<ReadonlyMap<string, SessionHead>>;

  /** The key of the session that a run belongs to. */
  sessionOf(runId: string): Promise<string | undefined>;

  /** The keys of sessions that are due by the store's clock, each once; longest due first, where the store can tell.
   *  They stay due until a commit or `renew`. */
  due(limit: number): Promise<readonly string[]>;

  /** From now on these sessions are due in `dueIn` milliseconds, and not before: somebody writes them. Returns those
   *  that stand under another fence, and those that are gone; it leaves them as they are. */
  renew(held: readonly HeldSession[], dueIn: number): Promise<readonly HeldSession[]>;
}

/** Which records a step needs to see, besides the head. */
export interface Wanted {
  readonly runs?: readonly string[];
  /** The run that this idempotency key started. */
  readonly key?: string | undefined;
  /** The active run, whichever it is. */
  readonly active?: boolean;
  /** A shelf that is looked at next, where there is no session. */
  readonly elsewhere?: string | undefined;
}

export interface Snapshot extends SeenSession {
  /** A name that is another one after each step; undefined when there is no session. */
  readonly revision: string | undefined;
  /** Where there is no session: the first two that `wanted.elsewhere` lists. Undefined where a list of its own costs
   *  the store no more. */
  readonly elsewhere?: readonly SessionHead[];
}

/** A change with what the store must know of it. What it says of the session replaces what was there. */
export interface Step extends Omit<SessionChange, 'dueIn'> {
  /** The revision that the change was decided on; undefined where there was no session. */
  readonly seen: string | undefined;
  /** The revision of the session from now on: a random name, for one that counts comes again when an id is used
   *  again. */
  readonly revision: string;
  /** Who may append to the active run's journal from now on; undefined: nobody. */
  readonly fence: string | undefined;
  /** In how many milliseconds the session is due. */
  readonly dueIn: Due;
  /** Nothing goes on in the session, and it may be forgotten in time. */
  readonly isIdle: boolean;
  /** Done only while the session is due: whoever renewed it meanwhile wins. */
  readonly onlyIfDue: boolean;
  /** Leads to `birth` for the time that the store was opened with, instead of where it led before. */
  readonly key: string | undefined;
  /** The shelves on which the session stands, from its first step on: '' where it is listed with all others. */
  readonly shelves: readonly string[];
}

export type Committed =
  | {
      readonly done: true;
      /** The record of the run that is active now, where `wanted.active` says so. */
      readonly active: RunRecord | undefined;
    }
  | {
      readonly done: false;
      /** Where a journal stands that the step wanted elsewhere; undefined when it failed for another reason. */
      readonly gap: JournalStand | undefined;
      readonly snapshot: Snapshot;
    };

export interface JournalStand {
  readonly runId: string;
  readonly last: number;
}

/** Which turns are wanted, by their runs. */
export interface HistoryRange {
  /** Only what stands behind this one. */
  readonly after?: string | undefined;
  /** Nothing behind this one. Where the session has no such run, everything. */
  readonly through?: string | undefined;
  /** The same without that turn itself. */
  readonly before?: string | undefined;
  /** The page begins at the end of the range, for those who read backwards. */
  readonly latest?: boolean;
  /** No more turns than these. */
  readonly limit?: number;
}

export interface History {
  readonly head: SessionHead;
  /** In the order of the history, whichever way it is read. */
  readonly turns: readonly RecordedTurn[];
  /** The range has turns that did not fit. */
  readonly hasMore: boolean;
}

export interface RecordedTurn extends RunRecord {
  /** Empty where nothing was written. */
  readonly answer: string;
}

export interface ListedPosition {
  readonly createdAt: Date;
  readonly key: string;
}

/** Where a session stands in the order of updates. */
export interface UpdatePlace {
  readonly updatedAt: Date;
  readonly key: string;
}

export type RecentRange = { readonly below: UpdatePlace | undefined } | { readonly above: UpdatePlace };

export interface RecentSession extends UpdatePlace {
  readonly head: SessionHead;
}

export interface ListedSession extends ListedPosition {
  readonly head: SessionHead;
}

/** A session and the fence that its holder has. */
export interface HeldSession {
  readonly key: string;
  readonly runId: string;
  readonly fence: string;
}
