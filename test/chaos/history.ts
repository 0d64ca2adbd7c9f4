import type { Fault } from './model-answer.js';
import type { ToolTrace } from './tool-trace.js';
import type { Listing, Peek } from './user-trace.js';

/** Everything that was seen of one trial, as plain JSON: what the checker judges. Times are milliseconds of this
 *  machine's clock, which the replicas share. */
export interface History {
  readonly sent: readonly SentMessage[];
  /** In the order in which they were begun. */
  readonly exchanges: readonly Exchange[];
  readonly cancels: readonly Cancel[];
  readonly calls: readonly ModelCall[];
  readonly lives: readonly ReplicaLife[];
  readonly outages: readonly StoreOutage[];
  readonly sightings: readonly Sighting[];
  /** Turns with tools are judged by themselves. */
  readonly tools: ToolTrace;
  /** What users asked for that is another's. */
  readonly peeks: readonly Peek[];
  /** How everything stood when it was quiet again. */
  readonly sessions: readonly FinalSession[];
  readonly runs: readonly FinalRun[];
  readonly listings: readonly Listing[];
}

/** Which wire a message is said on. */
export type Door = 'native' | 'completions' | 'responses' | 'ai-sdk';

type OnBusy = 'reject' | 'queue' | 'interrupt';

/** A message that a client wanted to have answered; each has a key of its own. */
export interface SentMessage {
  /** Unique in the trial, and part of the content. */
  readonly number: number;
  readonly client: number;
  readonly door: Door;
  /** With its user, as `session-name.ts` has it; so everywhere below. One that its message begins without a name is
   *  known when it was accepted. */
  session: string;
  readonly key: string;
  readonly content: string;
  readonly onBusy: OnBusy;
  readonly onDisconnect: 'continue' | 'cancel';
  /** It begins a session that it does not name. */
  readonly isUnnamed: boolean;
  /** The session is named by its last run instead. */
  readonly runBefore: string | undefined;
  /** `abandoned`: its client left on purpose. `unanswered`: it tried for long, and never saw the ending. */
  outcome: 'ended' | 'refused' | 'abandoned' | 'unanswered';
}

/** `post`: with the key alone, the first time or again. `post-after`: with a cursor. `get`: the run's stream. `join`:
 *  the session's stream, with a cursor. `response`: the run's, as Responses have it, with a cursor. `reconnect`: the
 *  latest run's of the session, as the AI SDK has it, from its start. Of every door, frames are told as natively. */
export type Way = 'post' | 'post-after' | 'get' | 'join' | 'response' | 'reconnect';

/** One request of a client and all that came back. */
export interface Exchange {
  readonly message: number;
  readonly way: Way;
  /** The last number this client had seen, where it said so; 0 otherwise. */
  readonly cursor: number;
  readonly openedAt: number;
  /** When the head of the answer came; undefined when none did. */
  readonly answeredAt: number | undefined;
  readonly closedAt: number;
  /** Undefined when no head of an answer came. */
  readonly status: number | undefined;
  /** Of a problem. */
  readonly code: string | undefined;
  readonly run: string | undefined;
  readonly replayed: boolean;
  readonly frames: readonly WireFrame[];
  /** Who ended it: the service in good order, the client on purpose, or neither. */
  readonly closedBy: 'service' | 'client' | 'network';
}

export type NumberedFrame =
  | { readonly type: 'token'; readonly run: string; readonly sequence: number; readonly text: string }
  | {
      readonly type: 'error';
      readonly run: string;
      readonly sequence: number;
      /** Undefined where a door has no word for it. */
      readonly code: string | undefined;
    }
  | { readonly type: 'usage'; readonly run: string; readonly sequence: number }
  | { readonly type: 'end'; readonly run: string; readonly sequence: number; readonly finishReason: string };

export type WireFrame =
  | NumberedFrame
  | { readonly type: 'done' }
  | { readonly type: 'unreadable'; readonly raw: string };

export interface Cancel {
  readonly message: number;
  readonly run: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
}

/** One request to the model. */
export interface ModelCall {
  readonly message: number;
  /** The how manieth for this message, from 1. */
  readonly call: number;
  readonly replica: string;
  readonly startedAt: number;
  /** Undefined while it goes on. */
  endedAt: number | undefined;
  outcome: 'whole' | Fault | 'left' | undefined;
  /** The numbers of the user messages in its prompt, in order. */
  readonly prompt: readonly number[];
}

/** A time in which a replica could work, from being ready to its end. One that was frozen begins a new one when it
 *  thaws. */
export interface ReplicaLife {
  readonly replica: string;
  readonly from: number;
  /** When it was told to stop: from then on it takes nothing new. */
  drainsFrom: number | undefined;
  to: number | undefined;
  /** `crash`: nobody asked for it. `stuck`: it was told to stop, and had to be killed. */
  end: 'kill' | 'freeze' | 'stop' | 'stuck' | 'crash' | undefined;
  exitCode: number | undefined;
}

export interface StoreOutage {
  readonly from: number;
  readonly to: number;
}

/** A replica's log names a run: it had to do with it then. */
export interface Sighting {
  readonly run: string;
  readonly replica: string;
  readonly at: number;
  /** The how manieth writer of the run it was, where it says so. */
  readonly epoch: number | undefined;
}

export interface FinalSession {
  readonly id: string;
  readonly messages: readonly StoredMessage[];
}

export interface StoredMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly status: string;
  readonly run: string;
}

export interface FinalRun {
  readonly id: string;
  readonly session: string;
  readonly status: string;
  readonly finishReason: string | undefined;
  readonly attempts: number;
  readonly createdAt: number;
  readonly endedAt: number | undefined;
  /** Read from its start. */
  readonly journal: readonly WireFrame[];
}
