import type { RunLease } from '../../domain/run.js';
import type { JournalledEvent, RunEvent } from '../../domain/run-event.js';

export const MAX_BATCH_EVENTS = 256;
export const MAX_BATCH_CHARACTERS = 64 * 1024;
export const FAREWELL_MILLISECONDS = 10_000;

/** What a run has written, event by event. It is the only way from the model to a reader. */
export interface RunJournal {
  /** Adds events that follow what is there; when it has returned undefined, or its promise resolves, they are kept and readers
   *  are woken. Never throws, but rejects.
   *  Events that are there already are ignored, so a repeat does no harm. The array must not be changed afterwards.
   *  Those of one writer that are made at once are kept in the order of the calls. May wait until there is room, which holds the upstream back; when `signal` aborts meanwhile, nothing is added and the
   *  signal's reason is what it rejects with.
   *  Rejects with RunNotFound, RunEnded, LeaseLost (also while nobody has taken the run up yet), JournalGap (one is missing in
   *  between), and then adds nothing; StoreUnavailable, and then the same append is to be made again. */
  append(lease: RunLease, events: readonly JournalledEvent[], signal: AbortSignal): Promise<void> | undefined;

  /** Where the journal stands. Throws RunNotFound, ResumeExpired (it is no longer kept), StoreUnavailable. */
  position(runId: string): Promise<JournalPosition>;

  /** Hands the events after `after` (0: from the start) to `take`, oldest first, then live ones until the run-end event, which is the
   *  last. Where `take` returns a promise, nothing more is handed over until it has resolved. Batches are never empty and never large, however much is there: at most MAX_BATCH_EVENTS, and no further event once
   *  they hold MAX_BATCH_CHARACTERS of text. Every reader gets every event exactly once, whenever it came.
   *  Whoever has found a run comes to its ending: for FAREWELL_MILLISECONDS after its session was deleted, when the run is not
   *  found any more, it can still be read.
   *  Resolves when the run-end is taken, or when `signal` has aborted; nothing is still being taken then. A store that is away for a
   *  while only delays what comes.
   *  Rejects with RunNotFound, ResumeExpired, with StoreUnavailable when not even the first look succeeds, and with what `take`
   *  failed with. */
  read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void>;
}

/** Undefined: taken. A promise: they are being taken. */
export type TakeEvents = (events: readonly RunEvent[]) => Promise<void> | undefined;

export interface JournalPosition {
  /** The number of the last event; 0 when there is none yet. */
  readonly last: number;
  readonly ended: boolean;
}
