import type { Caller } from '../../domain/caller.js';
import type { Message } from '../../domain/message.js';
import type { JournalledReply, OpenCall } from '../../domain/reply-step.js';
import type { OnBusy, QueuedRun, Run, RunBirth } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import type { Labels } from '../../domain/session-labels.js';
import type { Settlement } from '../../domain/settling.js';
import type { WholeRun, WholeSession } from '../../domain/whole-session.js';
import type { RecentPage, RecentPosition } from './recent-sessions.js';

export const MAX_PAGE_TURNS = 256;
export const MAX_PAGE_CHARACTERS = 1024 * 1024;

/** Sessions and their messages. A session is named by its key, which `locate` gives for an id, and `sessionKeyOf` for a
 *  run. A session that is idle for its time is forgotten with all that is its own. That time
 *  begins anew with every message that is accepted, every answer that ends and every label, and does not run while it
 *  answers. Whoever reads the session or repeats a message does not use it: so no reading has to write.
 *  Where a store is outside of this process, every method may also throw StoreUnavailable. */
export interface SessionRepository {
  /** Stores a user message together with its run, whole or not at all, and creates the session when it is new.
   *  `placeOf` decides the turn on the session as it stands; whoever is first wins.
   *  Where the run names no user, it goes to the session that `locate` would find, and where there is none it begins
   *  one that is nobody's. Throws SessionAmbiguous, too.
   *  Returns the run. It is `running`, and leased to this process with epoch 1, when its turn is now; else it is
   *  `queued`. With `interrupt`, the active run is asked to stop in the same step.
   *  A known idempotency key changes nothing and returns the run that it started, `replayed`, before any rule or limit
   *  is looked at. When the first answer was lost, the same turn may be given again, and returns what the first one
   *  did; `replayed` too where another process has been given the run meanwhile, so that one alone writes it.
   *  A message that replaces a run takes that run's turn back, with all that was said since, when its own turn comes:
   *  it stands where that one stood. Where it is stopped before, it was never said. With `asksAgain`, its content is
   *  that turn's.
   *  Throws SessionFull (its history would take more than `maxSessionBytes` then), SessionBusy, QueueFull,
   *  IdempotencyMismatch (same key, other request), RunNotFound (what it replaces is no turn of the history, or still
   *  waits) or Overloaded (there is no room for the message, or its turn would be now and there is no room for its run
   *  or its session). None of these uses the key up. */
  accept(turn: NewTurn): Promise<AcceptedTurn>;

  /** The run that an idempotency key started in this session, as `accept` would find it; undefined when there is none.
   *  Throws IdempotencyMismatch. */
  findAccepted(turn: NewTurn): Promise<Run | undefined>;

  /** Which session a caller means by an id, whether or not there is one. With a user, it is that user's; without,
   *  nobody's first, else the only one. Throws SessionAmbiguous where several users have one, and nobody has. */
  locate(sessionId: string, by: Caller): Promise<LocatedSession>;

  /** The keys of all that a user has, page by page, also of sessions that are in no list. What begins meanwhile may be
   *  left out. */
  owned(userId: string): AsyncIterable<readonly string[]>;

  /** Settles calls, or lets them be made: all of them or none. The last one begins the run that goes on with the turn:
   *  `running`, and leased to this process with epoch 1. What was said of a call before may be said again. Then nothing
   *  changes, and the run that it began is returned, `replayed`.
   *  Throws SessionNotFound, CallNotFound, CallSettled, CallNotAwaitingApproval, IdempotencyMismatch, and Overloaded as
   *  `accept` does. */
  settle(settling: NewSettling): Promise<SettledCalls>;

  /** The calls that a session waits for, in their order. Throws SessionNotFound. */
  openCalls(key: string): Promise<readonly OpenCall[]>;

  /** Stops what goes on. The active run is asked to stop. Where the session waits for calls, they are skipped, and the
   *  next turn comes; with `handsOver`, this process does not write that one. Throws SessionNotFound. */
  cancel(key: string, at: Date, handsOver: boolean): Promise<CancelledSession>;

  /** Throws SessionNotFound. */
  find(key: string): Promise<Session>;

  /** Writes on the session what is given, all of it or nothing, whatever goes on in it meanwhile, and returns it. Its
   *  time begins anew. Throws SessionNotFound, TooMuchMetadata. */
  label(key: string, labels: Labels): Promise<Session>;

  /** All that is kept of the runs of a session, page by page as `messages` has them, those that were taken back among
   *  them. Throws SessionNotFound, and SessionBusy where the session is answering or waits, also amid the reading. */
  records(key: string): AsyncIterable<readonly WholeRun[]>;

  /** The turns of the history up to that of a run, latest first, page by page as `messages` has them, whatever goes on
   *  behind it; also up to a run that was taken back. What has not ended is left out. Throws SessionNotFound. */
  turnsThrough(run: Run): AsyncIterable<readonly WholeRun[]>;

  /** Keeps a whole session under its id, as its user's, or nothing of it, and returns it. It counts as used just now.
   *  Its runs have no journals, and no idempotency key leads to them. It must fit together: whoever brings it has
   *  looked. Throws SessionExists, RunTaken, and Overloaded where there is no room for it. */
  bring(whole: WholeSession): Promise<Session>;

  /** Removes a session that was brought just now, if nothing was said in it since. Otherwise, and where it is gone, it
   *  changes nothing. */
  takeBack(brought: Session): Promise<void>;

  /** The sessions that a caller may have listed, newest first by creation, then by key, so that paging meets each
   *  exactly once. `after` is the last one of the page before; it need not exist any more. The list comes to an end,
   *  however many sessions have expired. When `signal` aborts before that, it rejects with the signal's reason. */
  list(
    limit: number,
    after: SessionPosition | undefined,
    signal?: AbortSignal,
    by?: Caller,
  ): Promise<readonly Session[]>;

  /** The same by their last update, latest first. All pages have the order that stood at the first one: a session that
   *  changes meanwhile comes once, where it stood then, and one that begins meanwhile is not in them. That holds for up
   *  to 64 changes of one session; one that changes more often may come again at the end. */
  recent(limit: number, after: RecentPosition | undefined, by: Caller, signal: AbortSignal): Promise<RecentPage>;

  /** The messages in turn order, page by page: each user message, then its answer. Queued ones stand last, in the order
   *  of their turns. What was taken back is left out.
   *  A page is never empty and never large, however long the session is: it has at most MAX_PAGE_TURNS turns, and no
   *  further one once it holds MAX_PAGE_CHARACTERS. Between two pages, the store and this process serve others; what is
   *  said meanwhile may or may not be in it.
   *  Throws SessionNotFound, also when the session is deleted amid the reading. */
  messages(key: string): AsyncIterable<readonly Message[]>;

  /** The same from the end on: the latest message first, in every page too. With `through`, from the last message of
   *  that run on. What is not read costs nothing. */
  latestMessages(key: string, through?: string): AsyncIterable<readonly Message[]>;

  /** The run of the last turn that has come: the active one, or the one that ended last. Throws SessionNotFound. */
  latestRun(key: string): Promise<Run>;

  /** What a run has answered, also one that was taken back; empty where it has written nothing. Throws
   *  SessionNotFound. */
  answerOf(run: Run): Promise<JournalledReply>;

  /** Removes the session with its messages, runs, journals and idempotency keys, whole or not at all. Its active and
   *  queued runs end `cancelled` first: attached readers get that ending, and whoever writes the active run is asked to
   *  stop. The id may begin a new session at once. Throws SessionNotFound. */
  delete(key: string, at: Date): Promise<void>;
}

export interface NewTurn {
  /** With no attempts, epoch 0, and an id never used before. */
  readonly run: QueuedRun;
  readonly onBusy: OnBusy;
  readonly queueLimit: number;
  readonly idempotencyKey: string | undefined;
  /** This replica writes as many runs as it may: the message can wait in a queue, but not begin. */
  readonly replicaIsFull: boolean;
  /** What a session's history may take, in bytes of UTF-8. */
  readonly maxSessionBytes: number;
  /** Rejects where the message that is to be stored cannot be asked, with the refusal; undefined where it can, as is
   *  known at once. */
  readonly admit?: ((birth: RunBirth) => Promise<void> | undefined) | undefined;
}

/** Looks at a run when it is known what it takes over from its session. What it throws is the refusal. */
export type CheckRun = (birth: RunBirth) => void;

export interface NewSettling {
  /** The run that goes on when it settles the last call; as that of a message. What it does not say, the run before has
   *  said. */
  readonly run: QueuedRun;
  /** At least one; no two of one call. */
  readonly settlements: readonly Settlement[];
  readonly idempotencyKey: string | undefined;
  readonly replicaIsFull: boolean;
  readonly at: Date;
  /** How long a call that is approved stays open for its client. */
  readonly clientMilliseconds: number;
  readonly check?: CheckRun | undefined;
}

export interface SettledCalls {
  /** The run that goes on; undefined while other calls are open. */
  readonly run: Run | undefined;
  readonly replayed: boolean;
  /** What the session waits for now. */
  readonly openCalls: readonly OpenCall[];
}

export interface CancelledSession {
  readonly session: Session;
  /** Nothing went on: nothing has changed. */
  readonly wasIdle: boolean;
  /** The run whose turn it is now, for this process to write. */
  readonly next: Run | undefined;
}

export interface AcceptedTurn {
  readonly run: Run;
  readonly replayed: boolean;
}

export interface SessionPosition {
  readonly createdAt: Date;
  readonly id: string;
  readonly userId?: string | undefined;
}

export interface LocatedSession {
  readonly key: string;
  /** Whose it is; undefined: nobody's. */
  readonly userId: string | undefined;
}
