import { QueueFull, SessionBusy } from './errors.js';
import type { OpenCall } from './reply-step.js';
import type { OnBusy, Usage } from './run.js';
import type { Metadata } from './session-labels.js';

/** A conversation, without its messages: these are read on their own, so that no turn costs more than itself. */
export interface Session {
  readonly id: string;
  /** Whose it is; undefined: nobody's. */
  readonly userId?: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly messageCount: number;
  /** Those whose turn has come, without those that no prompt holds for what they say. */
  readonly tellableCount: number;
  /** The one run that is generating; the others wait. */
  readonly activeRunId: string | undefined;
  /** `waiting`: for calls to be settled. */
  readonly status: 'idle' | 'running' | 'waiting';
  /** The run that asked for what the session waits for. */
  readonly askedBy: string | undefined;
  readonly queuedRuns: number;
  /** What somebody has called it, else what its first message says. */
  readonly title: string;
  /** Somebody has called it so. */
  readonly isTitled: boolean;
  readonly metadata: Metadata;
  /** How its last message begins. */
  readonly preview: string;
  /** Of all its runs. */
  readonly usage: Usage;
  /** Who the last message was for; undefined where none has named anybody. */
  readonly agent?: string | undefined;
}

/** Where a newly accepted message gets its turn: at once, behind the queue, or ahead of it. */
export type Place = 'now' | 'last' | 'next';

/** When a message gets its turn in a session as it stands: at once when nothing goes on, else as `onBusy` says. One
 *  that interrupts a session which waits for calls goes at once too, for nobody has to end first.
 *  An interrupting message has one place beyond the limit, for the run it ends makes room.
 *  Throws SessionBusy (reject) or QueueFull. */
export function placeOf(session: Session, onBusy: OnBusy, queueLimit: number, openCalls?: readonly OpenCall[]): Place {
  const { activeRunId, askedBy } = session;
  const goesOn = activeRunId ?? askedBy;
  if (goesOn === undefined || (onBusy === 'interrupt' && activeRunId === undefined)) return 'now';
  if (onBusy === 'reject') throw new SessionBusy(goesOn, openCalls);
  const places = onBusy === 'interrupt' ? queueLimit + 1 : queueLimit;
  if (session.queuedRuns >= places) throw new QueueFull(places);
  return onBusy === 'interrupt' ? 'next' : 'last';
}
