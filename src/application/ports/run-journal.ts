import type { RunLease } from '../../domain/run.js';
import type { JournalledEvent, RunEvent } from '../../domain/run-event.js';

export const MAX_BATCH_EVENTS = 256;
export const MAX_BATCH_CHARACTERS = 64 * 1024;
export const FAREWELL_MILLISECONDS = 10_000;

/** What a run has written, event by event. It is the only way from the model to a reader. */
export interface RunJournal {
  /** Adds events behind what is there. Once it has returned undefined, or its promise has resolved, they are kept
   *  and the readers are woken. It never throws: it rejects.
   *  Events that are there already are ignored, so a repeat does no harm. The caller must not change the array
   *  afterwards. Appends that one writer makes at once are kept in the order of the calls.
   *  It may wait until there is room, and that holds the upstream back. When `signal` aborts meanwhile, nothing is
   *  added, and it rejects with the signal's reason.
   *  Rejects with RunNotFound, RunEnded, LeaseLost (also while nobody has taken the run up yet) or JournalGap (an event
   *  is missing in between): then nothing was added. Rejects with StoreUnavailable: then the caller makes the same
   *  append again. */
  append(lease: RunLease, events: readonly JournalledEvent[], signal: AbortSignal): Promise<void> | undefined;

  /** Where the journal stands. Throws RunNotFound, ResumeExpired (it is no longer kept), StoreUnavailable. */
  position(runId: string): Promise<JournalPosition>;

  /** Hands the events after `after` (0: from the start) to `take`, oldest first: those that are there, then live ones.
   *  The run-end event is the last. Every reader gets every event exactly once, whenever it came. While a promise that
   *  `take` returned is pending, nothing more is handed over.
   *  A batch is never empty and never large, however much is there: it has at most MAX_BATCH_EVENTS, and no further
   *  event once it holds MAX_BATCH_CHARACTERS of text.
   *  Whoever has found a run comes to its ending. When its session is deleted, nobody finds the run any more, but it
   *  can be read for FAREWELL_MILLISECONDS.
   *  Resolves when the run-end is taken, or when `signal` has aborted; nothing is still being taken then. A store that
   *  is away for a while only delays what comes.
   *  Rejects with RunNotFound or ResumeExpired, with StoreUnavailable when not even the first look succeeds, and with
   *  what `take` failed with. */
  read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void>;
}

/** Undefined: taken. A promise: they are being taken. */
export type TakeEvents = (events: readonly RunEvent[]) => Promise<void> | undefined;

export interface JournalPosition {
  /** The number of the last event; 0 when there is none yet. */
  readonly last: number;
  readonly ended: boolean;
}
