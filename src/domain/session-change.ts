import type { CallResult } from './reply-step.js';
import type { RunBirth } from './run.js';
import type { RunEvent } from './run-event.js';
import type { RunOutcome, SessionHead } from './session-head.js';

/** What one step changes in a session: kept whole, or not at all. */
export interface SessionChange {
  readonly head: SessionHead;
  /** Runs that take the next places in the history, in this order: their turn has come, or it has passed. */
  readonly begun?: readonly string[];
  /** A run that is new. */
  readonly birth?: RunBirth;
  /** Runs that ended elsewhere and are brought here, with their outcomes and no journals. */
  readonly brought?: readonly RunBirth[];
  readonly outcomes?: readonly EndedRecord[];
  readonly endings?: readonly JournalEnding[];
  /** In how many milliseconds somebody is to look at the session, where that is not about who writes it. */
  readonly dueIn?: number | undefined;
  /** The active run, when its writer is to look why it should stop. */
  readonly asked?: AskedRun;
}

/** What a message that is accepted changes. */
export interface Accepted extends SessionChange {
  readonly birth: RunBirth;
}

/** How a run ended, or what else is known of it since; and the text of its answer; empty where it wrote none. */
export interface EndedRecord {
  readonly runId: string;
  readonly outcome: RunOutcome;
  readonly answer: string;
  /** What became of its calls with this step. */
  readonly settled?: readonly CallResult[];
}

/** The events that close a journal. */
export interface JournalEnding {
  readonly runId: string;
  /** The number of the last event before them; undefined where the journal may stand anywhere. */
  readonly after: number | undefined;
  /** Numbered on from `after`, or from 0 where that is undefined: then the store numbers them on from where it
   *  stands. */
  readonly events: readonly RunEvent[];
}

export interface AskedRun {
  readonly id: string;
  /** The process that writes it, where one does. */
  readonly writer: string | undefined;
}
