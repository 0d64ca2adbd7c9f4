import type { Attempt } from '../../domain/attempt.js';
import type { CallResult, ReplyStep, WaitingCall } from '../../domain/reply-step.js';
import type { Run, RunEnding, RunLease, StopCause } from '../../domain/run.js';

/** The life of a run after it was accepted. Every step is atomic. Where a store is outside of this process, every
 *  method may also throw StoreUnavailable; the same call made again then does no harm. */
export interface RunRepository {
  /** Throws RunNotFound, also for the runs of a deleted session. */
  find(runId: string): Promise<Run>;

  /** Counts a call of an upstream by its number, before it is made, and notes the full name of the model that is
   *  asked, and what its prompt holds. Throws RunNotFound, RunEnded, LeaseLost (also for a run that nobody has taken up
   *  yet, as every write does). */
  beginAttempt(lease: RunLease, attempt: Attempt): Promise<Run>;

  /** What became of calls that a person has allowed, and that this run made: they are calls of the run before it. What
   *  was kept before stays. Throws RunNotFound, RunEnded, LeaseLost. */
  keepResults(lease: RunLease, results: readonly CallResult[]): Promise<void>;

  /** Ends the run. In one step it stores the ending, the assistant message (if `text` is not empty) and the events that
   *  end the journal, and the session's next queued run, if any, becomes the active one.
   *  When the first answer was lost, the same lease may give the same ending again. That changes nothing, and returns
   *  what the first one did; without `next` where somebody has claimed that run since, or it has ended.
   *  Calls that a person has allowed, and that the run has not made, have their results then, too.
   *  Throws RunNotFound, RunEnded (the first ending is kept), LeaseLost (somebody else writes the run, or nobody has
   *  taken it up yet), JournalGap when the journal does not stand at `lastSequence`. */
  end(lease: RunLease, reply: FinishedReply): Promise<EndedTurn>;

  /** Asks a run to stop. A queued run ends at once, with an ending of its own and no message. A running one is stopped
   *  by its writer; the first cause counts. An ended one is left as it is.
   *  Returns the run as it stands then. Throws RunNotFound. */
  askToStop(runId: string, cause: StopCause, at: Date): Promise<Run>;

  /** Notes of a run that has ended that whoever began it does not want to read it again: it is found as `isForgotten`.
   *  Its turn stays. One that has not ended is left as it is. Returns the run as it stands then. Throws RunNotFound. */
  forget(runId: string): Promise<Run>;

  /** Waits until somebody asks the run to stop, in whatever process, and resolves with the cause at most 2 s later. It
   *  resolves at once where somebody has asked before. The cause is `cancelled` when the session was deleted; it is
   *  undefined when `signal` aborts. While the store is away it waits. It does not throw. */
  untilStopped(lease: RunLease, signal: AbortSignal): Promise<StopCause | undefined>;
}

export interface FinishedReply {
  readonly ending: RunEnding;
  /** The text of all token chunks, joined. */
  readonly text: string;
  /** The number of the last event appended; 0 when there was none. */
  readonly lastSequence: number;
  /** The answers of the model that asked for calls; undefined and empty mean the same. */
  readonly steps?: readonly ReplyStep[] | undefined;
  /** Those of their calls that a client or a person is to settle, when it ends `tool_calls`. Until then the session
   *  waits, and the next queued run does not become the active one. */
  readonly open?: readonly WaitingCall[] | undefined;
  /** This process does not write the session's next run: it is an orphan at once, for any process to claim. */
  readonly handsOver: boolean;
}

export interface EndedTurn {
  readonly run: Run;
  /** The run whose turn it is now: already the session's active one, and leased to this process. Undefined when there
   *  is none, or it is handed over. */
  readonly next: Run | undefined;
}
